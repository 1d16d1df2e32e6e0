using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Protocol;

namespace Starling.Grains.Interfaces.Calls;

/// <summary>Receives what silos have for an edge. Orleans holds it weakly: whoever makes it holds it as long as it is to be reached.</summary>
public sealed class EdgeObserver(IRemoteEdge edge) : IEdgeObserver
{
    public ValueTask<EdgeReply> TransferAsync(EdgeTransfer transfer) => edge.TransferAsync(transfer);

    public ValueTask PushAsync(InboxPush push) => edge.PushAsync(push);

    public ValueTask<EdgeRoutes> AnnounceAsync(string tenant, int shard, long epoch) => edge.AnnounceAsync(tenant, shard, epoch);

    public ValueTask<bool> CloseAsync(string tenant, string clientId, long epoch, ReasonCode reason) =>
        edge.CloseAsync(tenant, clientId, epoch, reason);

    public ValueTask<long> EvictAsync(string tenant, string clientId, ReasonCode reason) => edge.EvictAsync(tenant, clientId, reason);
}
