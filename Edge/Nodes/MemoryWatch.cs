using Microsoft.Extensions.Logging;
using Starling.Broker.Tenants.Quotas;
using Starling.Broker.Threading;
using Starling.Edge.Configuration;

namespace Starling.Edge.Nodes;

/// <summary>
/// Closes the connections that hold most, where too much memory is held: those of a tenant that is over its limit until the rest is within it,
/// and those of the heaviest tenants while the whole process is over its watermark. One look each second.
/// </summary>
internal sealed partial class MemoryWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>A connection that holds less does not help the process.</summary>
    private const int Heavy = 64 * 1024;

    /// <summary>Connections that are closed at one look for the process: what they held is free only when it has been collected.</summary>
    private const int MaxClosed = 100;

    private readonly EdgeNode _edge;
    private readonly ReadProcessMemory _memory;
    private readonly int _watermark;
    private readonly ILogger<MemoryWatch> _logger;
    private readonly ITimer _timer;

    public MemoryWatch(EdgeNode edge, EdgeOptions options, ReadProcessMemory memory, TimeProvider time, ILogger<MemoryWatch> logger)
    {
        (_edge, _watermark, _memory, _logger) = (edge, options.Limits.MemoryWatermark, memory, logger);
        _timer = time.CreateGuardedTimer(Look, logger, "Look at what tenants hold", Interval, Interval);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        foreach (var tenant in _edge.Tenants.Where(tenant => tenant.Counters.Held.IsOver))
        {
            var (held, limit) = (tenant.Counters.Held.Total, tenant.Counters.Held.Limit);
            LogShed(_logger, tenant.Tenant.Name, held, limit, Close(tenant, held - limit, least: 1, int.MaxValue));
        }

        var (used, available) = _memory();
        var watermark = available / 100 * _watermark;
        if (used > watermark)
            Relieve(used, watermark);
    }

    private void Relieve(long used, long watermark)
    {
        var closed = 0;
        var excess = used - watermark;
        foreach (var tenant in _edge.Tenants.OrderByDescending(tenant => tenant.Counters.Held.Total))
        {
            if (excess <= 0 || closed >= MaxClosed)
                break;
            var before = tenant.Counters.Held.Total;
            closed += Close(tenant, excess, Heavy, MaxClosed - closed);
            excess -= before;
        }

        if (closed > 0)
            LogRelieved(_logger, used, watermark, closed);
    }

    /// <returns>How many connections are closed.</returns>
    private static int Close(EdgeTenant tenant, long excess, long least, int most)
    {
        var closed = 0;
        foreach (var (connection, bytes) in tenant.Connections
            .Where(connection => connection.Closing.Reason is null)
            .Select(connection => (Connection: connection, Bytes: connection.Ledger.Total))
            .Where(connection => connection.Bytes >= least)
            .OrderByDescending(connection => connection.Bytes))
        {
            if (excess <= 0 || closed >= most)
                break;
            connection.CloseHeavy();
            tenant.Tenant.Quotas.Refuse(TenantLimit.MemoryBytes);
            excess -= bytes;
            closed++;
        }

        return closed;
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Tenant {Tenant}: its connections hold {Held} bytes, and may hold {Limit}; closing the {Closed} that hold most")]
    private static partial void LogShed(ILogger logger, string tenant, long held, long limit, int closed);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The process uses {Used} bytes of memory, more than limits.memoryWatermark allows ({Watermark}); closing the {Closed} connections that hold most")]
    private static partial void LogRelieved(ILogger logger, long used, long watermark, int closed);
}
