using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization.Calls;
using Starling.Simulation.Nodes;

namespace Starling.Simulation.Engine;

/// <summary>What Orleans is to a process of the cluster, for one that is simulated.</summary>
internal sealed class SimulatedEngine(NodeProcess process, Network network, Activations activations) : IClusterEngine
{
    public IEdgeDirectory Directory { get; } = new EdgeDirectoryProxy(
        new Channel(process, network, "directory", () => activations.Find(process, Activations.DirectoryKey)));

    public IRemoteShard Shard(string tenant, int shard) => new ShardProxy(
        new Channel(process, network, "shard", () => activations.Find(process, Activations.ShardKey(tenant, shard))));

    public ISession Session(string tenant, string clientId) => new SessionProxy(
        new Channel(process, network, "session", () => activations.Find(process, Activations.SessionKey(tenant, clientId))));

    public ITenantShares Shares(string tenant) => throw new NotSupportedException("Limits are not divided in a simulation.");

    public IRemoteEdge Edge(string address) => new EdgeProxy(new Channel(process, network, "edge", () => activations.FindEdge(address)));

    private sealed class Channel(NodeProcess process, Network network, string what, Func<Endpoint?> find) : IWireChannel
    {
        public ValueTask<ReadOnlyMemory<byte>> CallAsync(ReadOnlyMemory<byte> call, CancellationToken cancellation) =>
            network.CallAsync(process, what, find, call, cancellation);
    }
}
