using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Protocol;

namespace Starling.Grains.Interfaces.Calls;

/// <summary>An edge, called from outside all grains.</summary>
/// <remarks>
/// What an edge answers comes back through any gateway, which passes it on to whoever called. When that is a grain, the gateway looks up
/// where it lies, and what it remembers of one that has moved is its former place: the answer is lost there, and the caller waits for it
/// until the time is over. A call from outside all grains is the silo's own, and its answer goes to the silo by its address.
/// </remarks>
internal sealed class CallsFromOutside(IEdgeObserver edge) : IRemoteEdge
{
    public async ValueTask<EdgeReply> TransferAsync(EdgeTransfer transfer)
    {
        await LeaveGrain();
        return await edge.TransferAsync(transfer).ConfigureAwait(false);
    }

    public async ValueTask PushAsync(InboxPush push)
    {
        await LeaveGrain();
        await edge.PushAsync(push).ConfigureAwait(false);
    }

    public async ValueTask<EdgeRoutes> AnnounceAsync(string tenant, int shard, long epoch)
    {
        await LeaveGrain();
        return await edge.AnnounceAsync(tenant, shard, epoch).ConfigureAwait(false);
    }

    public async ValueTask<bool> CloseAsync(string tenant, string clientId, long epoch, ReasonCode reason)
    {
        await LeaveGrain();
        return await edge.CloseAsync(tenant, clientId, epoch, reason).ConfigureAwait(false);
    }

    public async ValueTask<long> EvictAsync(string tenant, string clientId, ReasonCode reason)
    {
        await LeaveGrain();
        return await edge.EvictAsync(tenant, clientId, reason).ConfigureAwait(false);
    }

    /// <summary>What is behind it runs on the thread pool, where no grain is the caller.</summary>
    private static System.Runtime.CompilerServices.ConfiguredTaskAwaitable LeaveGrain() => Task.CompletedTask.ConfigureAwait(
        TaskScheduler.Current == TaskScheduler.Default ? ConfigureAwaitOptions.None : ConfigureAwaitOptions.ForceYielding);
}
