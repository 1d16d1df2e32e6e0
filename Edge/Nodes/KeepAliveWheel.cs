using Microsoft.Extensions.Logging;
using Starling.Broker.Telemetry;
using Starling.Broker.Threading;

namespace Starling.Edge.Nodes;

/// <summary>
/// Finds connections that have been silent for 1.5 times their keep alive ([MQTT-3.1.2-24] of 3.1.1, [MQTT-3.1.2-22] of 5.0). One timer
/// ticks each second and looks only at the connections whose time may have come; a packet costs nothing but a time stamp.
/// </summary>
internal sealed partial class KeepAliveWheel : IDisposable
{
    private const int Slots = 256;

    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly List<KeepAliveEntry>?[] _slots = new List<KeepAliveEntry>?[Slots];
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private long _tick;

    public KeepAliveWheel(TimeProvider time, ILogger<KeepAliveWheel> logger)
    {
        _time = time;
        _logger = logger;
        _tick = Seconds();
        _timer = time.CreateGuardedTimer(Tick, logger, "Keep alive check", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    public void Add(EdgeConnection connection)
    {
        if (connection.SilenceAllowed <= TimeSpan.Zero)
            return;
        connection.KeepAlive = new KeepAliveEntry(connection);
        Place(connection.KeepAlive, Seconds() + (long)Math.Ceiling(connection.SilenceAllowed.TotalSeconds));
    }

    public void Dispose() => _timer.Dispose();

    private long Seconds() => _time.GetTimestamp() / _time.TimestampFrequency;

    private void Place(KeepAliveEntry entry, long due)
    {
        lock (_gate)
            (_slots[Math.Clamp(due, _tick + 1, _tick + Slots - 1) % Slots] ??= []).Add(entry);
    }

    private void Tick()
    {
        var now = Seconds();
        while (_tick < now)
        {
            List<KeepAliveEntry>? due;
            lock (_gate)
            {
                var slot = ++_tick % Slots;
                due = _slots[slot];
                _slots[slot] = null;
            }

            foreach (var entry in due ?? [])
            {
                if (entry.Connection is { } connection)
                    Check(entry, connection, now);
            }
        }
    }

    private void Check(KeepAliveEntry entry, EdgeConnection connection, long now)
    {
        var left = connection.SilenceAllowed - _time.GetElapsedTime(connection.LastReceived);
        if (left > TimeSpan.Zero)
        {
            Place(entry, now + (long)Math.Ceiling(left.TotalSeconds));
            return;
        }

        try
        {
            connection.CloseSilent();
        }
        catch (Exception error)
        {
            // The others of its slot must still be looked at.
            LogNotClosed(_logger, connection.EdgeTenant.Tenant.Name, connection.ClientId, error);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: silent client '{ClientId}' could not be closed")]
    private static partial void LogNotClosed(ILogger logger, string tenant, ForeignText clientId, Exception error);
}

/// <summary>A connection in the wheel. One that has ended is let go at once, though its entry stays until its slot comes.</summary>
internal sealed class KeepAliveEntry(EdgeConnection connection)
{
    public EdgeConnection? Connection { get; private set; } = connection;

    public void Clear() => Connection = null;
}
