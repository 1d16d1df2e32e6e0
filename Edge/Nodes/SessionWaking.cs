using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Threading;

namespace Starling.Edge.Nodes;

/// <summary>
/// Wakes the durable sessions of this edge's connections when the silo that hosted them may have died. What was written to an inbox and not
/// pushed yet would otherwise wait until the session is called; a session that has not moved has nothing to do.
/// </summary>
internal sealed class SessionWaking(EdgeNode node, TimeProvider time, ILogger logger)
{
    /// <summary>A thousand each second from an edge: a small part of what silos and their store can do.</summary>
    public const int MaxAtOnce = 100;

    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>A session that could not be woken is tried again as long as its connection lasts.</summary>
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private bool _isRunning;
    private bool _isWanted;

    /// <summary>Wakes all of them. If that is running already, it runs once more afterwards.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _isWanted = true;
            if (_isRunning)
                return;
            _isRunning = true;
        }

        Background.Run(RunAsync(), logger, "Waking of sessions");
    }

    private async Task RunAsync()
    {
        while (IsWanted())
        {
            // Nobody is waited for: a session whose silo is not yet known to be dead holds up no other.
            foreach (var some in node.Tenants.SelectMany(tenant => tenant.Connections).Where(c => c.IsDurable).ToArray().Chunk(MaxAtOnce))
            {
                foreach (var connection in some)
                    Background.Run(WakeAsync(connection), logger, "Waking of a session");
                await Task.Delay(Pause, time).ConfigureAwait(false);
            }
        }
    }

    private bool IsWanted()
    {
        lock (_gate)
        {
            _isRunning = _isWanted;
            _isWanted = false;
            return _isRunning;
        }
    }

    private async Task WakeAsync(EdgeConnection connection)
    {
        while (!connection.HasEnded)
        {
            try
            {
                await connection.Session.WakeAsync().ConfigureAwait(false);
                return;
            }
            catch (Exception error) when (error is StoreUnavailableException or StaleEpochException)
            {
                await Task.Delay(AfterFailure, time).ConfigureAwait(false);
            }
        }
    }
}
