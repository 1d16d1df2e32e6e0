namespace Starling.Broker.Contracts;

/// <summary>A shard in the hands of its owner: what its writes name.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="Shard">Its number.</param>
/// <param name="Epoch">Of the owner (<see cref="IShardStore.TakeAsync"/>).</param>
public sealed record ShardFencingToken(string Tenant, int Shard, long Epoch);

/// <summary>The shard has another owner by now.</summary>
public sealed class StaleShardException(ShardFencingToken shard)
    : Exception($"Shard {shard.Shard} of tenant '{shard.Tenant}' has passed epoch {shard.Epoch}.");
