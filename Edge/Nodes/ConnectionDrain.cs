using Starling.Edge.Configuration;

namespace Starling.Edge.Nodes;

/// <summary>The process shuts down: every client is told ([MQTT-3.14.4-1]) and its connection ended, all at once or evenly over a time.</summary>
internal sealed class ConnectionDrain(EdgeNode edge, DrainOptions options, TimeProvider time)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    /// <summary>Completes when every connection that was there has been told.</summary>
    public async Task RunAsync()
    {
        var leaving = new Queue<EdgeConnection>(edge.Tenants.SelectMany(tenant => tenant.Connections));
        var steps = Math.Max(1, (int)(options.Over / Step));
        for (var left = steps; left > 0; left--)
        {
            for (var count = (leaving.Count + left - 1) / left; count > 0; count--)
                leaving.Dequeue().Closing.Begin(options.ReasonCode);
            if (leaving.Count == 0)
                break;
            await Task.Delay(Step, time).ConfigureAwait(false);
        }

        // Who came meanwhile, out of the middle of its CONNECT.
        foreach (var connection in edge.Tenants.SelectMany(tenant => tenant.Connections))
            connection.Closing.Begin(options.ReasonCode);
    }
}
