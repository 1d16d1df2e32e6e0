using System.Collections.Concurrent;
using Starling.Broker.Contracts;

namespace Starling.Storage.Memory;

/// <summary>Who has which shard, for several processes that share memory, as a simulation has them.</summary>
public sealed class MemoryShardStore : IShardStore
{
    private readonly ConcurrentDictionary<(string Tenant, int Shard), long> _epochs = new();

    public ValueTask<long> TakeAsync(string tenant, int shard) => new(_epochs.AddOrUpdate((tenant, shard), 1, static (_, epoch) => epoch + 1));

    public ValueTask<bool> IsCurrentAsync(ShardFencingToken shard) => new(IsCurrent(shard));

    internal bool IsCurrent(ShardFencingToken shard) => _epochs.GetValueOrDefault((shard.Tenant, shard.Shard)) == shard.Epoch;
}
