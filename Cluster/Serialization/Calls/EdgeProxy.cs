using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Protocol;

namespace Starling.Cluster.Serialization.Calls;

/// <summary>An edge in another process.</summary>
public sealed class EdgeProxy(IWireChannel channel) : IRemoteEdge
{
    internal enum Method : byte
    {
        Transfer = 1,
        Push = 2,
        Announce = 3,
        Close = 4,
        Evict = 5,
    }

    public ValueTask<EdgeReply> TransferAsync(EdgeTransfer transfer) =>
        WireCall.InvokeAsync<EdgeTransfer, EdgeReply>(channel, (byte)Method.Transfer, transfer);

    public ValueTask PushAsync(InboxPush push) => WireCall.InvokeAsync(channel, (byte)Method.Push, push);

    public ValueTask<EdgeRoutes> AnnounceAsync(string tenant, int shard, long epoch) =>
        WireCall.InvokeAsync<AnnounceCall, EdgeRoutes>(channel, (byte)Method.Announce, new AnnounceCall(tenant, shard, epoch));

    public ValueTask<bool> CloseAsync(string tenant, string clientId, long epoch, ReasonCode reason) =>
        WireCall.InvokeAsync<CloseCall, bool>(channel, (byte)Method.Close, new CloseCall(tenant, clientId, epoch, reason));

    public ValueTask<long> EvictAsync(string tenant, string clientId, ReasonCode reason) =>
        WireCall.InvokeAsync<EvictCall, long>(channel, (byte)Method.Evict, new EvictCall(tenant, clientId, reason));
}
