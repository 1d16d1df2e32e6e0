using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Starling.Edge.Configuration;
using Starling.Edge.Transports;

namespace Starling.Edge.Listeners.Admissions;

/// <summary>Decides which connections are admitted, counts them, and closes those whose CONNECT does not come in time.</summary>
internal sealed class Admission : IDisposable
{
    /// <summary>How long a connection that is over may take to send what is left.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly ConnectionLimits _limits;
    private readonly ListenerMetrics _metrics;
    private readonly RefusalLog _log;
    private readonly HalfOpenConnections _halfOpen;
    private readonly DeadlineQueue _deadlines;
    private readonly DeadlineQueue _closing;
    private int _connections;
    private volatile bool _draining;

    public Admission(
        EdgeOptions options, ConnectionLimits limits, TimeProvider time, ListenerMetrics metrics, RefusalLog log, ILogger<Admission> logger)
    {
        (_limits, _metrics, _log) = (limits, metrics, log);
        _halfOpen = new HalfOpenConnections(options.Limits.HalfOpenPerAddress, limits.MaximumHalfOpen);
        _deadlines = new DeadlineQueue(options.Limits.ConnectTimeout, time, ConnectDeadlinePassed, logger);
        _closing = new DeadlineQueue(CloseTimeout, time, static connection => connection.Abort(), logger);
        metrics.ObserveHalfOpen(() => _halfOpen.Count);
        metrics.ObserveMaximum(limits.MaximumConnections);
    }

    public int Connections => Volatile.Read(ref _connections);

    public int HalfOpen => _halfOpen.Count;

    public void Accepted(ListenerOptions listener) => _metrics.Accepted(listener.Name);

    /// <summary>Whether no further connection is admitted.</summary>
    public bool IsFull => Connections >= _limits.MaximumConnections;

    /// <summary>Null when the connection is refused, which is counted here.</summary>
    /// <param name="countAddress">False when the client's address is not known yet, behind a proxy.</param>
    public AdmittedConnection? Admit(ConnectionContext context, ListenerOptions listener, Stage stage, bool countAddress)
    {
        if (_draining)
        {
            Refused(listener, Refusal.Draining);
            return null;
        }

        if (Interlocked.Increment(ref _connections) > _limits.MaximumConnections)
        {
            Interlocked.Decrement(ref _connections);
            Refused(listener, Refusal.Connections);
            return null;
        }

        var connection = new AdmittedConnection(context, listener, this) { Stage = stage };
        var address = countAddress && connection.RemoteEndPoint is { } endPoint ? AddressKey.Of(endPoint.Address) : (AddressKey?)null;
        if (!_halfOpen.TryAdd(connection, address, out var givesWay, out var refusal))
        {
            Interlocked.Decrement(ref _connections);
            Refused(listener, refusal!);
            return null;
        }

        GiveWay(givesWay, refusal!);
        _metrics.Opened(listener.Name);
        _deadlines.Add(connection);
        if (_draining)
            EndEarlyConnections();
        return connection;
    }

    /// <summary>Counts the connection for the address that a proxy gave; false when that address has too many.</summary>
    public bool TryAttribute(AdmittedConnection connection, IPAddress address)
    {
        if (_halfOpen.TryAttribute(connection, AddressKey.Of(address), out var givesWay))
        {
            GiveWay(givesWay, Refusal.HalfOpenAddress);
            return true;
        }

        connection.Refused(Refusal.HalfOpenAddress);
        return false;
    }

    /// <inheritdoc cref="ITransportLifetime.ConnectReceived"/>
    public void ConnectReceived(AdmittedConnection connection) => _halfOpen.Speaks(connection);

    public void Established(AdmittedConnection connection)
    {
        connection.Stage = Stage.Established;
        if (_deadlines.Remove(connection))
            _halfOpen.Remove(connection);
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
        _deadlines.Remove(connection);
        _halfOpen.Remove(connection);
        if (connection.Closed.IsCancellationRequested)
            _closing.Remove(connection);
        else if (connection.Queue is null)
        {
            _closing.Add(connection);
            // When it is gone, not when its time is over: of a flood of short connections, five seconds' worth would be kept.
            connection.Closed.UnsafeRegister(static connection => ((AdmittedConnection)connection!).Gone(), connection);
        }
    }

    /// <summary>The socket is closed; there is nothing left to send.</summary>
    public void Gone(AdmittedConnection connection) => _closing.Remove(connection);

    /// <summary>Admits no more connections and ends those that no handler serves yet.</summary>
    public void Drain()
    {
        _draining = true;
        EndEarlyConnections();
    }

    public void Dispose()
    {
        _deadlines.Dispose();
        _closing.Dispose();
    }

    private void EndEarlyConnections()
    {
        foreach (var connection in _deadlines.RemoveAll(static connection => connection.Stage < Stage.Connect))
        {
            connection.Refused(Refusal.Draining);
            connection.Abort();
        }
    }

    /// <summary>Closes a connection that another one has taken the place of.</summary>
    private void GiveWay(AdmittedConnection? connection, string refusal)
    {
        if (connection is null || !_deadlines.Remove(connection))
            return;
        connection.Refused(refusal);
        connection.Abort();
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
