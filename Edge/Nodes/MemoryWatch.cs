using Microsoft.Extensions.Logging;
using Starling.Broker.Tenants.Quotas;
using Starling.Broker.Threading;

namespace Starling.Edge.Nodes;

/// <summary>
/// Closes connections of tenants that hold more memory than they may: those that hold most, until the rest is within the limit. One look each
/// second, which costs nothing for tenants that are within theirs.
/// </summary>
internal sealed partial class MemoryWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly EdgeNode _edge;
    private readonly ILogger<MemoryWatch> _logger;
    private readonly ITimer _timer;

    public MemoryWatch(EdgeNode edge, TimeProvider time, ILogger<MemoryWatch> logger)
    {
        (_edge, _logger) = (edge, logger);
        _timer = time.CreateGuardedTimer(Look, logger, "Look at what tenants hold", Interval, Interval);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        foreach (var tenant in _edge.Tenants.Where(tenant => tenant.Counters.Held.IsOver))
            Shed(tenant);
    }

    private void Shed(EdgeTenant tenant)
    {
        var held = tenant.Counters.Held;
        var total = held.Total;
        var excess = total - held.Limit;
        var closed = 0;
        foreach (var (connection, bytes) in tenant.Connections
            .Where(connection => connection.Closing.Reason is null)
            .Select(connection => (Connection: connection, Bytes: connection.Ledger.Total))
            .OrderByDescending(connection => connection.Bytes))
        {
            if (excess <= 0)
                break;
            connection.CloseHeavy();
            tenant.Tenant.Quotas.Refuse(TenantLimit.MemoryBytes);
            excess -= bytes;
            closed++;
        }

        LogShed(_logger, tenant.Tenant.Name, total, held.Limit, closed);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Tenant {Tenant}: its connections hold {Held} bytes, and may hold {Limit}; closing the {Closed} that hold most")]
    private static partial void LogShed(ILogger logger, string tenant, long held, long limit, int closed);
}
