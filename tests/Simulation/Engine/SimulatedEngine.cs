using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Grains.Interfaces;
using Starling.Simulation.Nodes;

namespace Starling.Simulation.Engine;

/// <summary>What Orleans is to a process of the cluster, for one that is simulated.</summary>
internal sealed class SimulatedEngine(NodeProcess process, Network network, Activations activations) : IClusterEngine
{
    public IEdgeDirectory Directory { get; } = Remoting.Proxy<IEdgeDirectoryGrain>(
        request => network.CallAsync(process, "directory", () => activations.Find(process, Activations.DirectoryKey), request));

    public IRemoteShard Shard(string tenant, int shard) =>
        Proxy<ITopicShardGrain>("shard", () => activations.Find(process, Activations.ShardKey(tenant, shard)));

    public ISession Session(string tenant, string clientId) =>
        Proxy<ISessionGrain>("session", () => activations.Find(process, Activations.SessionKey(tenant, clientId)));

    public ITenantShares Shares(string tenant) => throw new NotSupportedException("Limits are not divided in a simulation.");

    public IRemoteEdge Edge(string address) => Proxy<IEdgeObserver>("edge", () => activations.FindEdge(address));

    private TGrain Proxy<TGrain>(string what, Func<Endpoint?> find)
        where TGrain : IAddressable => Remoting.Proxy<TGrain>(request => network.CallAsync(process, what, find, request));
}
