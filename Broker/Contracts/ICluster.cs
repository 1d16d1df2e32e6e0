using Starling.Broker.Messages;

namespace Starling.Broker.Contracts;

/// <summary>
/// Finds the owner of each piece of state (see ARCHITECTURE.md, "Who owns what"). Standalone answers with objects of this process,
/// a cluster with proxies of objects elsewhere; every call may fail, take long, or be carried out although its answer is lost.
/// </summary>
public interface ICluster
{
    /// <summary>Whether edges other than the caller's exist; if not, an edge need not announce its filters to the shards.</summary>
    bool HasOtherEdges { get; }

    /// <summary>Shards of a tenant, 1 to 64.</summary>
    int ShardCount(string tenant);

    ITopicShard Shard(string tenant, int shard);

    ISession Session(string tenant, string clientId);

    /// <summary>Null when no such edge is known to be alive.</summary>
    IEdge? Edge(string edgeId);

    /// <summary>Whether the edge lives, and with it the connections it holds.</summary>
    ValueTask<bool> IsAliveAsync(string edgeId);

    /// <summary>
    /// Closes the connection that a client has on any edge. Asked by a session that is new to its process and finds nothing in the store:
    /// one that ended with its connection leaves nothing there, and may have been another process's until that one died.
    /// </summary>
    /// <returns>The highest epoch of such a connection; 0 for none.</returns>
    ValueTask<long> EvictAsync(string tenant, string clientId);

    /// <summary>Publishes a message that no connection of an edge brings: wills, and the broker's own.</summary>
    /// <exception cref="StoreUnavailableException">It is not as safe as its receivers ask for.</exception>
    ValueTask PublishAsync(string tenant, Message message);
}

/// <summary>How topics and filters fall to shards.</summary>
public static class Sharding
{
    public static int ShardOf(this ICluster cluster, string tenant, Topic topic) =>
        cluster.ShardCount(tenant) is var count and > 1 ? (int)(topic.Hash % (uint)count) : 0;

    /// <summary>Whether a filter registers with a shard.</summary>
    public static bool IsOf(string filter, int shard, int shards) =>
        shards == 1 || filter.AsSpan().ContainsAny('+', '#') || new Topic(filter).Hash % (uint)shards == shard;

    /// <summary>The shards that a filter registers with: one for an exact filter, all for one with wildcards.</summary>
    public static IEnumerable<ITopicShard> ShardsOf(this ICluster cluster, string tenant, string filter)
    {
        var count = cluster.ShardCount(tenant);
        if (count > 1 && filter.AsSpan().ContainsAny('+', '#'))
            return Enumerable.Range(0, count).Select(shard => cluster.Shard(tenant, shard));
        return [cluster.Shard(tenant, cluster.ShardOf(tenant, new Topic(filter)))];
    }
}
