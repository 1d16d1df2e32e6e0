using Microsoft.Extensions.Logging;
using Starling.Broker.Threading;
using Starling.Protocol;

namespace Starling.Edge.Nodes;

/// <summary>
/// Closes connections whose user or password has ended. Nothing has changed then that anybody would tell: the tenants' settings say when, and
/// the connections of those are looked at that have an end since the last look.
/// </summary>
internal sealed class LoginSweep : IDisposable
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly EdgeNode _edge;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private DateTimeOffset _looked;

    public LoginSweep(EdgeNode edge, TimeProvider time, ILogger<LoginSweep> logger)
    {
        (_edge, _time, _looked) = (edge, time, time.GetUtcNow());
        _timer = time.CreateGuardedTimer(Look, logger, "Look for users that have ended", Interval, Interval);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var (from, to) = (_looked, _time.GetUtcNow());
        _looked = to;
        foreach (var here in _edge.Tenants.Where(here => here.Tenant.HasEndWithin(from, to)))
        {
            foreach (var connection in here.Connections.Where(connection => !connection.IsStillAllowed))
                connection.Closing.Begin(ReasonCode.NotAuthorized);
        }
    }
}
