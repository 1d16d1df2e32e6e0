using Microsoft.Extensions.Logging;
using Starling.Cluster.Contracts;
using Starling.Cluster.Edges;

namespace Starling.Edge.Nodes;

/// <summary>Joins and leaves with this process's connections as its edge becomes a member of the cluster or loses its place.</summary>
/// <param name="publish">Makes the edge of an id reachable for other processes, and gives its address.</param>
internal sealed class EdgePresence(
    EdgeNode node, EdgeCluster cluster, TimeProvider time, ILogger<EdgePresence> logger, Func<string, IRemoteEdge, ValueTask<string>> publish)
    : IEdgePresence
{
    private readonly UnclaimedConnections _unclaimed = new(node, cluster, time, logger);
    private readonly SessionWaking _waking = new(node, time, logger);

    public ValueTask<string> BeginAsync(string edgeId)
    {
        node.Begin(edgeId);
        cluster.Begin(edgeId);
        return publish(edgeId, new RemoteEdge(node, edgeId, cluster, _unclaimed));
    }

    public void Joined(string edgeId) => node.Open();

    public void SilosChanged() => _waking.Begin();

    public async ValueTask EndAsync(string edgeId)
    {
        var closing = node.EndAsync();
        // Connections that wait for a shard must not be waited for.
        cluster.End();
        await closing.ConfigureAwait(false);
    }
}
