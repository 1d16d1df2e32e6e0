namespace Starling.Broker.Contracts;

/// <summary>A shard in the hands of its owner: what its writes name.</summary>
/// <param name="Epoch">Of the owner (<see cref="IShardStore.TakeAsync"/>).</param>
public sealed record ShardFencingToken(string Tenant, int Shard, long Epoch);

/// <summary>Another object owns the shard.</summary>
public sealed class StaleShardException(ShardFencingToken shard)
    : Exception($"Shard {shard.Shard} of tenant '{shard.Tenant}' lost ownership: epoch {shard.Epoch} is out of date.");
