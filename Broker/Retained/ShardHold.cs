namespace Starling.Broker.Retained;

/// <summary>A shard in the hands of its owner: what its writes name.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="Shard">Its number.</param>
/// <param name="Epoch">Of the owner (<see cref="Cluster.IShardStore.TakeAsync"/>).</param>
public sealed record ShardHold(string Tenant, int Shard, long Epoch);

/// <summary>The shard has another owner by now.</summary>
public sealed class StaleShardException(ShardHold shard)
    : Exception($"Shard {shard.Shard} of tenant '{shard.Tenant}' has passed epoch {shard.Epoch}.");
