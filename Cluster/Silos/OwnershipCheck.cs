using Starling.Broker.Contracts;
using Starling.Broker.Threading;

namespace Starling.Cluster.Silos;

/// <summary>Asks the store whether a shard still is the shard: one question for all who come while another one is under way. Thread-safe.</summary>
internal sealed class OwnershipCheck(IShardStore store, ShardFencingToken token)
{
    private readonly AsyncLock _turn = new();
    private long _asked;
    private long _covered;
    private bool _isCurrent = true;

    /// <returns>Whether nobody had taken the shard at some moment after the call.</returns>
    public async ValueTask<bool> IsCurrentAsync()
    {
        var asked = Interlocked.Increment(ref _asked);
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_covered >= asked || !_isCurrent)
                return _isCurrent;
            var covers = Volatile.Read(ref _asked);
            _isCurrent = await store.IsCurrentAsync(token).ConfigureAwait(false);
            _covered = covers;
            return _isCurrent;
        }
        finally
        {
            _turn.Release();
        }
    }
}
