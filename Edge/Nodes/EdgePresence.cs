using Starling.Cluster.Contracts;
using Starling.Cluster.Edges;

namespace Starling.Edge.Nodes;

/// <summary>Carries out what becomes of this process as an edge of the cluster.</summary>
/// <param name="node">The process's connections.</param>
/// <param name="cluster">Its links to shards.</param>
/// <param name="time">The clock.</param>
/// <param name="publish">Makes the edge of an id reachable for other processes, and gives its address.</param>
internal sealed class EdgePresence(EdgeNode node, EdgeCluster cluster, TimeProvider time, Func<string, IRemoteEdge, ValueTask<string>> publish) : IEdgePresence
{
    private readonly UnclaimedConnections _unclaimed = new(node, cluster, time);
    private readonly SessionWaking _waking = new(node, time);

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
