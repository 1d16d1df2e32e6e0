using Starling.Broker.Contracts;
using Starling.Broker.Messages;

namespace Starling.Cluster.Serialization.Calls;

/// <summary>A session in another process.</summary>
public sealed class SessionProxy(IWireChannel channel) : ISession
{
    internal enum Method : byte
    {
        Connect = 1,
        Start = 2,
        Disconnect = 3,
        Subscribe = 4,
        Unsubscribe = 5,
        Enqueue = 6,
        Replay = 7,
        Acknowledge = 8,
        RecordReceived = 9,
        Wake = 10,
    }

    public ValueTask<SessionConnected> ConnectAsync(SessionConnect connect, CancellationToken abandoned = default) =>
        WireCall.InvokeAsync<SessionConnect, SessionConnected>(channel, (byte)Method.Connect, connect, abandoned);

    public ValueTask<bool> StartAsync(long epoch, int receiveMaximum) =>
        WireCall.InvokeAsync<StartCall, bool>(channel, (byte)Method.Start, new StartCall(epoch, receiveMaximum));

    public ValueTask DisconnectAsync(long epoch, SessionDisconnect disconnect) =>
        WireCall.InvokeAsync(channel, (byte)Method.Disconnect, new DisconnectCall(epoch, disconnect));

    public ValueTask SubscribeAsync(long epoch, IReadOnlyList<Subscription> subscriptions) =>
        WireCall.InvokeAsync(channel, (byte)Method.Subscribe, new SubscribeCall(epoch, subscriptions));

    public ValueTask UnsubscribeAsync(long epoch, IReadOnlyList<string> filters) =>
        WireCall.InvokeAsync(channel, (byte)Method.Unsubscribe, new UnsubscribeCall(epoch, filters));

    public ValueTask EnqueueAsync(IReadOnlyList<Delivery> deliveries) =>
        WireCall.InvokeAsync(channel, (byte)Method.Enqueue, deliveries);

    public ValueTask<InboxSummary?> ReplayAsync(string filter, IReadOnlyList<Delivery> deliveries) =>
        WireCall.InvokeAsync<ReplayCall, InboxSummary?>(channel, (byte)Method.Replay, new ReplayCall(filter, deliveries));

    public ValueTask AcknowledgeAsync(long epoch, IReadOnlyList<InboxAck> acks) =>
        WireCall.InvokeAsync(channel, (byte)Method.Acknowledge, new AcknowledgeCall(epoch, acks));

    public ValueTask RecordReceivedAsync(long epoch, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released) =>
        WireCall.InvokeAsync(channel, (byte)Method.RecordReceived, new RecordReceivedCall(epoch, received, released));

    public ValueTask WakeAsync() => WireCall.InvokeAsync(channel, (byte)Method.Wake, 0);
}
