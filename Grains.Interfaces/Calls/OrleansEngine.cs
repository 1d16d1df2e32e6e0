using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;

namespace Starling.Grains.Interfaces.Calls;

/// <summary>Orleans as the broker sees it: references to grains, and to the one observer of each edge.</summary>
/// <param name="grains">Of a silo, or of an edge, which is a client.</param>
public sealed class OrleansEngine(IGrainFactory grains) : IClusterEngine
{
    public IEdgeDirectory Directory { get; } =
        grains.GetGrain<IEdgeDirectoryGrain>(GrainId.Create(GrainTypes.EdgeDirectory, GrainKeys.Directory));

    public IRemoteShard Shard(string tenant, int shard) =>
        grains.GetGrain<ITopicShardGrain>(GrainId.Create(GrainTypes.TopicShard, GrainKeys.Shard(tenant, shard)));

    public ISession Session(string tenant, string clientId) =>
        grains.GetGrain<ISessionGrain>(GrainId.Create(GrainTypes.Session, GrainKeys.Session(tenant, clientId)));

    public ITenantShares Shares(string tenant) => grains.GetGrain<ITenantGrain>(GrainId.Create(GrainTypes.Tenant, tenant));

    public IRemoteEdge Edge(string address) => new CallsFromOutside(ObserverAddress.Observer(grains, address));
}
