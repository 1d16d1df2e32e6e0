using Starling.Broker.Retained;

namespace Starling.Broker.Cluster;

/// <summary>
/// Says which of several objects that all take themselves for one shard is the shard: the last one that took it. Needed in a cluster only,
/// where for a short while there may be more than one.
/// </summary>
public interface IShardStore
{
    /// <summary>Takes the shard over from whoever has had it; waits for a store that is away.</summary>
    /// <returns>Its new epoch, higher than any before; what is written under a lower one is refused (<see cref="ShardHold"/>).</returns>
    ValueTask<long> TakeAsync(string tenant, int shard);
}
