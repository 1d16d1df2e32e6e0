namespace Starling.Broker.Contracts;

/// <summary>Finds the shards of tenants.</summary>
public interface IShards
{
    /// <summary>Shards of a tenant, 1 to 64.</summary>
    int ShardCount(string tenant);

    /// <summary>Costs nothing and does not fail; calls may.</summary>
    ITopicShard Shard(string tenant, int shard);
}
