using Orleans;

namespace Starling.Broker.Contracts;

/// <summary>A shard in the hands of its owner: what its writes name.</summary>
/// <param name="Epoch">Of the owner (<see cref="IShardStore.TakeAsync"/>).</param>
[GenerateSerializer, Immutable, Alias("starling.shard-fencing-token")]
public sealed record ShardFencingToken(
    [Id(0)] string Tenant,
    [Id(1)] int Shard,
    [Id(2)] long Epoch);

/// <summary>Another object owns the shard.</summary>
[GenerateSerializer, Alias("starling.stale-shard")]
public sealed class StaleShardException(ShardFencingToken shard)
    : Exception($"Shard {shard.Shard} of tenant '{shard.Tenant}' lost ownership: epoch {shard.Epoch} is out of date.");
