using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Routing;
using Starling.Cluster.Links;

namespace Starling.Cluster.Silos;

/// <summary>
/// The edges of one shard: how far it knows their routes, and the links to them. For the shard's object it is the cluster, in which edges
/// are reached by these links. Thread-safe.
/// </summary>
internal sealed class ShardEdges(
    SiloServices silo, SiloCluster cluster, ShardFencingToken hold, TenantCounters counters, Action outOfDate) : ICluster
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _versions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EdgeLink> _links = new(StringComparer.Ordinal);
    private bool _ended;

    bool ICluster.HasOtherEdges => true;

    int ICluster.ShardCount(string tenant) => cluster.ShardCount(tenant);

    ITopicShard ICluster.Shard(string tenant, int shard) => cluster.Shard(tenant, shard);

    ISession ICluster.Session(string tenant, string clientId) => cluster.Session(tenant, clientId);

    ValueTask<bool> ICluster.IsAliveAsync(string edgeId) => cluster.IsAliveAsync(edgeId);

    ValueTask<long> ICluster.EvictAsync(string tenant, string clientId) => cluster.EvictAsync(tenant, clientId);

    ValueTask ICluster.PublishAsync(string tenant, Message message) => cluster.PublishAsync(tenant, message);

    IEdge? ICluster.Edge(string edgeId)
    {
        lock (_gate)
        {
            if (_links.TryGetValue(edgeId, out var known))
                return known;
            if (_ended || silo.Edges.Find(edgeId) is not { } entry || cluster.Edge(edgeId) is not { } edge)
                return null;
            var link = new EdgeLink(edge, silo.Engine.Edge(entry.Address), hold, outOfDate, counters, silo.Links, silo.Time);
            _links.Add(edgeId, link);
            return link;
        }
    }

    public bool Knows(string edgeId)
    {
        lock (_gate)
            return _versions.ContainsKey(edgeId);
    }

    /// <summary>Takes what an edge says of its routes, if it is news.</summary>
    /// <returns>False when something is missing in between: the edge has to tell all.</returns>
    /// <exception cref="RemoteCallException">The edge is not in the directory: it is gone, or nobody has heard of it yet.</exception>
    public bool TryApply(string edgeId, EdgeRoutes? routes, TopicShard shard)
    {
        lock (_gate)
        {
            if (silo.Edges.Find(edgeId) is null)
                throw new RemoteCallException($"Edge {edgeId} is not in the directory.");
            if (!_versions.TryGetValue(edgeId, out var version))
            {
                if (routes is not { IsComplete: true })
                    return false;
            }
            else if (routes is null || routes.Version <= version)
                return true;
            else if (!routes.IsComplete && routes.Version != version + 1)
                return false;
            shard.SetEdgeRoutes(edgeId, routes);
            _versions[edgeId] = routes.Version;
            return true;
        }
    }

    /// <summary>The edge is gone, and the directory has said so.</summary>
    public void Drop(string edgeId, TopicShard shard)
    {
        EdgeLink? link;
        lock (_gate)
        {
            _versions.Remove(edgeId);
            _links.Remove(edgeId, out link);
            shard.DropEdge(edgeId);
        }

        link?.End();
    }

    /// <summary>The shard ends.</summary>
    public void End()
    {
        EdgeLink[] links;
        lock (_gate)
        {
            _ended = true;
            links = [.. _links.Values];
        }

        foreach (var link in links)
            link.EndWithShard();
    }
}
