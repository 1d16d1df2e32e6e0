using System.Net;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Starling.Edge.Configuration;

namespace Starling.Edge.Listeners.Admissions;

/// <summary>Decides which connections are admitted, counts them, and closes those whose CONNECT does not come in time.</summary>
internal sealed class Admission : IDisposable
{
    /// <summary>How long a connection that is over may take to send what is left.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<AddressKey, int> _halfOpenByAddress = [];
    private readonly LimitOptions _limits;
    private readonly ListenerMetrics _metrics;
    private readonly RefusalLog _log;
    private readonly DeadlineQueue _halfOpen;
    private readonly DeadlineQueue _closing;
    private int _connections;
    private volatile bool _draining;

    public Admission(EdgeOptions options, TimeProvider time, ListenerMetrics metrics, RefusalLog log, ILogger<Admission> logger)
    {
        (_limits, _metrics, _log) = (options.Limits, metrics, log);
        _halfOpen = new DeadlineQueue(_limits.ConnectTimeout, time, ConnectDeadlinePassed, logger);
        _closing = new DeadlineQueue(CloseTimeout, time, static connection => connection.Abort(), logger);
        metrics.ObserveHalfOpen(() => _halfOpen.Count);
    }

    public int Connections => Volatile.Read(ref _connections);

    public int HalfOpen => _halfOpen.Count;

    public void Accepted(ListenerOptions listener) => _metrics.Accepted(listener.Name);

    /// <summary>Null when the connection is refused, which is counted here.</summary>
    /// <param name="countAddress">False when the client's address is not known yet, behind a proxy.</param>
    public AdmittedConnection? Admit(ConnectionContext context, ListenerOptions listener, Stage stage, bool countAddress)
    {
        var refusal = _draining ? Refusal.Draining
            : _halfOpen.Count >= _limits.MaximumHalfOpen ? Refusal.HalfOpen
            : Interlocked.Increment(ref _connections) > _limits.MaximumConnections ? Refusal.Connections
            : null;
        if (refusal is null)
        {
            var connection = new AdmittedConnection(context, listener, this) { Stage = stage };
            if (!countAddress || connection.RemoteEndPoint is null || CountAddress(connection, connection.RemoteEndPoint.Address))
            {
                _metrics.Opened(listener.Name);
                _halfOpen.Add(connection);
                if (_draining)
                    EndEarlyConnections();
                return connection;
            }
            refusal = Refusal.HalfOpenAddress;
        }
        if (refusal is Refusal.Connections or Refusal.HalfOpenAddress)
            Interlocked.Decrement(ref _connections);
        Refused(listener, refusal);
        return null;
    }

    /// <summary>Counts the connection for the address that a proxy gave; false when that address has too many.</summary>
    public bool TryAttribute(AdmittedConnection connection, IPAddress address)
    {
        if (CountAddress(connection, address))
            return true;
        connection.Refused(Refusal.HalfOpenAddress);
        return false;
    }

    public void Established(AdmittedConnection connection)
    {
        connection.Stage = Stage.Established;
        if (_halfOpen.Remove(connection))
            UncountAddress(connection);
    }

    public void Refused(ListenerOptions listener, string reason)
    {
        _metrics.Refused(listener.Name, reason);
        _log.Refused(listener.Name, reason);
    }

    /// <summary>The connection is over but for what is left to send; it is aborted when that takes too long.</summary>
    public void Released(AdmittedConnection connection)
    {
        Closing(connection);
        Interlocked.Decrement(ref _connections);
        _metrics.Closed(connection.Listener.Name);
    }

    /// <summary>Bounds the time that the connection's last bytes may take.</summary>
    public void Closing(AdmittedConnection connection)
    {
        _halfOpen.Remove(connection);
        UncountAddress(connection);
        if (connection.Closed.IsCancellationRequested)
            _closing.Remove(connection);
        else if (connection.Queue is null)
            _closing.Add(connection);
    }

    /// <summary>Admits no more connections and ends those that no handler serves yet.</summary>
    public void Drain()
    {
        _draining = true;
        EndEarlyConnections();
    }

    public void Dispose()
    {
        _halfOpen.Dispose();
        _closing.Dispose();
    }

    private void EndEarlyConnections()
    {
        foreach (var connection in _halfOpen.RemoveAll(static connection => connection.Stage < Stage.Connect))
        {
            connection.Refused(Refusal.Draining);
            connection.Abort();
        }
    }

    private bool CountAddress(AdmittedConnection connection, IPAddress address)
    {
        var key = AddressKey.Of(address);
        lock (_gate)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_halfOpenByAddress, key, out _);
            if (count >= _limits.HalfOpenPerAddress)
                return false;
            count++;
            connection.CountedAddress = key;
            return true;
        }
    }

    private void UncountAddress(AdmittedConnection connection)
    {
        lock (_gate)
        {
            if (connection.CountedAddress is not { } key)
                return;
            connection.CountedAddress = null;
            ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_halfOpenByAddress, key);
            if (--count == 0)
                _halfOpenByAddress.Remove(key);
        }
    }

    private void ConnectDeadlinePassed(AdmittedConnection connection)
    {
        connection.Refused(connection.Stage switch
        {
            Stage.Proxy => Refusal.ProxyTimeout,
            Stage.Tls => Refusal.TlsTimeout,
            _ => Refusal.ConnectTimeout,
        });
        connection.Abort();
    }
}
