using Starling.Broker.Messages;

namespace Starling.Broker.Contracts;

/// <summary>How topics and filters fall to shards.</summary>
public static class Sharding
{
    public static int ShardOf(this IShards shards, string tenant, Topic topic) =>
        shards.ShardCount(tenant) is var count and > 1 ? (int)(topic.Hash % (uint)count) : 0;

    /// <summary>Whether a filter registers with a shard.</summary>
    public static bool IsOf(string filter, int shard, int shards) =>
        shards == 1 || filter.AsSpan().ContainsAny('+', '#') || new Topic(filter).Hash % (uint)shards == shard;

    /// <summary>The shards that a filter registers with: one for an exact filter, all for one with wildcards.</summary>
    public static IEnumerable<ITopicShard> ShardsOf(this IShards shards, string tenant, string filter)
    {
        var count = shards.ShardCount(tenant);
        if (count > 1 && filter.AsSpan().ContainsAny('+', '#'))
            return Enumerable.Range(0, count).Select(shard => shards.Shard(tenant, shard));
        return [shards.Shard(tenant, shards.ShardOf(tenant, new Topic(filter)))];
    }
}
