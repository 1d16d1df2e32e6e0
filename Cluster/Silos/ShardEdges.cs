using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Metrics;
using Starling.Broker.Routing;
using Starling.Cluster.Links;

namespace Starling.Cluster.Silos;

/// <summary>
/// The edges of one shard: how far it knows their routes, and the links to them. Thread-safe.
/// </summary>
internal sealed class ShardEdges(
    SiloServices silo, ShardFencingToken token, TenantCounters counters, Action outOfDate) : IShardEdges
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _versions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EdgeLink> _links = new(StringComparer.Ordinal);
    private bool _ended;

    public IEdgeDelivery? Edge(string edgeId)
    {
        lock (_gate)
        {
            if (_links.TryGetValue(edgeId, out var known))
                return known;
            if (_ended || silo.Edges.Find(edgeId) is not { } entry)
                return null;
            var link = new EdgeLink(silo.Engine.Edge(entry.Address), token, outOfDate, counters, silo.Links, silo.Time, silo.Loggers.CreateLogger<EdgeLink>());
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
    public void Remove(string edgeId, TopicShard shard)
    {
        EdgeLink? link;
        lock (_gate)
        {
            _versions.Remove(edgeId);
            _links.Remove(edgeId, out link);
            shard.RemoveEdge(edgeId);
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
