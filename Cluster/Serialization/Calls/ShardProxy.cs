using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;

namespace Starling.Cluster.Serialization.Calls;

/// <summary>A topic shard in another process.</summary>
public sealed class ShardProxy(IWireChannel channel) : IRemoteShard
{
    internal enum Method : byte
    {
        Transfer = 1,
        SetDurableRoute = 2,
        RemoveDurableRoute = 3,
        Join = 4,
        Leave = 5,
        Redispatch = 6,
        Completed = 7,
        ReadRetained = 8,
    }

    public ValueTask<ShardReply> TransferAsync(ShardTransfer transfer) =>
        WireCall.InvokeAsync<ShardTransfer, ShardReply>(channel, (byte)Method.Transfer, transfer);

    public ValueTask SetDurableRouteAsync(string clientId, Subscription subscription) =>
        WireCall.InvokeAsync(channel, (byte)Method.SetDurableRoute, new SetDurableRouteCall(clientId, subscription));

    public ValueTask RemoveDurableRouteAsync(string clientId, string filter) =>
        WireCall.InvokeAsync(channel, (byte)Method.RemoveDurableRoute, new RemoveDurableRouteCall(clientId, filter));

    public ValueTask JoinAsync(SharedGroupKey group, SharedMember member) =>
        WireCall.InvokeAsync(channel, (byte)Method.Join, new JoinCall(group, member));

    public ValueTask LeaveAsync(SharedGroupKey group, string clientId) =>
        WireCall.InvokeAsync(channel, (byte)Method.Leave, new LeaveCall(group, clientId));

    public ValueTask<IReadOnlyList<int>> RedispatchAsync(string except, IReadOnlyList<Delivery> deliveries) =>
        WireCall.InvokeAsync<RedispatchCall, IReadOnlyList<int>>(channel, (byte)Method.Redispatch, new RedispatchCall(except, deliveries));

    public ValueTask CompletedAsync(SharedGroupKey group, string clientId, int count) =>
        WireCall.InvokeAsync(channel, (byte)Method.Completed, new CompletedCall(group, clientId, count));

    public ValueTask<RetainedPage> ReadRetainedAsync(RetainedQuery query) =>
        WireCall.InvokeAsync<RetainedQuery, RetainedPage>(channel, (byte)Method.ReadRetained, query);
}
