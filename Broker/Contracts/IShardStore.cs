
namespace Starling.Broker.Contracts;

/// <summary>
/// Says which of several objects that all take themselves for one shard is the shard: the last one that took it. Needed in a cluster only,
/// where for a short while there may be more than one.
/// </summary>
public interface IShardStore
{
    /// <summary>Takes the shard over from whoever has had it; waits for a store that is away.</summary>
    /// <returns>Its new epoch, higher than any before; what is written under a lower one is refused (<see cref="ShardFencingToken"/>).</returns>
    ValueTask<long> TakeAsync(string tenant, int shard);

    /// <summary>
    /// Whether nobody has taken the shard since. Asked behind each change of a durable route: if it is still so, who takes the shard later
    /// finds the change in the stores, where it was written first.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It can't be said for now.</exception>
    ValueTask<bool> IsCurrentAsync(ShardFencingToken shard);
}
