using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization.Calls;

namespace Starling.Grains.Interfaces.Calls;

/// <summary>Orleans as the broker sees it: references to grains, and to the one observer of each edge.</summary>
/// <param name="grains">Of a silo, or of an edge, which is a client.</param>
public sealed class OrleansEngine(IGrainFactory grains) : IClusterEngine
{
    public IEdgeDirectory Directory { get; } =
        new EdgeDirectoryProxy(new GrainChannel(grains.GetGrain<IEdgeDirectoryGrain>(GrainId.Create(GrainTypes.EdgeDirectory, GrainKeys.Directory)).CallAsync));

    public IRemoteShard Shard(string tenant, int shard) =>
        new ShardProxy(new GrainChannel(grains.GetGrain<ITopicShardGrain>(GrainId.Create(GrainTypes.TopicShard, GrainKeys.Shard(tenant, shard))).CallAsync));

    public ISession Session(string tenant, string clientId)
    {
        var grain = grains.GetGrain<ISessionGrain>(GrainId.Create(GrainTypes.Session, GrainKeys.Session(tenant, clientId)));
        return new SessionProxy(new GrainChannel(grain.CallAsync, grain.CallAsync));
    }

    public ITenantShares Shares(string tenant) => new TenantSharesProxy(
        new GrainChannel(grains.GetGrain<ITenantGrain>(GrainId.Create(GrainTypes.Tenant, tenant)).CallSharesAsync));

    public IRemoteEdge Edge(string address)
    {
        var observer = ObserverAddress.Observer(grains, address);
        return new EdgeProxy(new GrainChannel(call => CallOutsideGrainsAsync(observer, call)));
    }

    /// <remarks>
    /// What an edge answers comes back through any gateway, which passes it on to whoever called. When that is a grain, the gateway looks up
    /// where it lies, and what it remembers of one that has moved is its former place: the answer is lost there, and the caller waits for it
    /// until the time is over. A call from outside all grains is the silo's own, and its answer goes to the silo by its address.
    /// </remarks>
    private static async ValueTask<WireFrame> CallOutsideGrainsAsync(IEdgeObserver observer, WireFrame call)
    {
        if (TaskScheduler.Current != TaskScheduler.Default)
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return await observer.CallAsync(call).ConfigureAwait(false);
    }
}
