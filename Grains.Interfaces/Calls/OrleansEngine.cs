using Starling.Broker.Cluster.Remote;
using Starling.Broker.Sessions;
using Starling.Broker.Wire.Calls;

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

    public IRemoteEdge Edge(string address) => new EdgeProxy(new GrainChannel(ObserverAddress.Observer(grains, address).CallAsync));
}
