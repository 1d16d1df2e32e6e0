using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;

namespace Starling.Cluster.Serialization.Calls;

/// <summary>Carries out on the object what a proxy of it has sent. The answer to a call that throws says so: these never throw.</summary>
public static class CallReceiver
{
    /// <summary>The answer to whoever calls for what cannot be here. It is not called again, as after a call that got lost.</summary>
    public static ReadOnlyMemory<byte> Refuse(string why) => WireCall.Thrown(new StoreUnavailableException(why));

    /// <summary>The answer to a call of which nobody knows what will become.</summary>
    public static ReadOnlyMemory<byte> Lost() => WireCall.Thrown(new RemoteCallException("The silo hands over."));

    public static ValueTask<ReadOnlyMemory<byte>> HandleAsync(
        ISession session, ReadOnlyMemory<byte> call, CancellationToken cancellation = default) =>
        AnswerAsync((session, cancellation), call, static (on, method, call) => (SessionProxy.Method)method switch
        {
            SessionProxy.Method.Connect => WireCall.Done(on.session.ConnectAsync(WireCall.Arguments<SessionConnect>(call), on.cancellation)),
            SessionProxy.Method.Start when WireCall.Arguments<StartCall>(call) is var (epoch, receiveMaximum) =>
                WireCall.Done(on.session.StartAsync(epoch, receiveMaximum)),
            SessionProxy.Method.Disconnect when WireCall.Arguments<DisconnectCall>(call) is var (epoch, disconnect) =>
                WireCall.Done(on.session.DisconnectAsync(epoch, disconnect)),
            SessionProxy.Method.Subscribe when WireCall.Arguments<SubscribeCall>(call) is var (epoch, subscriptions) =>
                WireCall.Done(on.session.SubscribeAsync(epoch, subscriptions)),
            SessionProxy.Method.Unsubscribe when WireCall.Arguments<UnsubscribeCall>(call) is var (epoch, filters) =>
                WireCall.Done(on.session.UnsubscribeAsync(epoch, filters)),
            SessionProxy.Method.Enqueue => WireCall.Done(on.session.EnqueueAsync(WireCall.Arguments<IReadOnlyList<Delivery>>(call))),
            SessionProxy.Method.Replay when WireCall.Arguments<ReplayCall>(call) is var (filter, deliveries) =>
                WireCall.Done(on.session.ReplayAsync(filter, deliveries)),
            SessionProxy.Method.Acknowledge when WireCall.Arguments<AcknowledgeCall>(call) is var (epoch, acks) =>
                WireCall.Done(on.session.AcknowledgeAsync(epoch, acks)),
            SessionProxy.Method.RecordReceived when WireCall.Arguments<RecordReceivedCall>(call) is var (epoch, received, released) =>
                WireCall.Done(on.session.RecordReceivedAsync(epoch, received, released)),
            SessionProxy.Method.Wake => WireCall.Done(on.session.WakeAsync()),
            _ => new(WireCall.Unknown(method)),
        });

    public static ValueTask<ReadOnlyMemory<byte>> HandleAsync(IRemoteShard shard, ReadOnlyMemory<byte> call) =>
        AnswerAsync(shard, call, static (on, method, call) => (ShardProxy.Method)method switch
        {
            ShardProxy.Method.Transfer => WireCall.Done(on.TransferAsync(WireCall.Arguments<ShardTransfer>(call))),
            ShardProxy.Method.SetDurableRoute when WireCall.Arguments<SetDurableRouteCall>(call) is var (clientId, subscription) =>
                WireCall.Done(on.SetDurableRouteAsync(clientId, subscription)),
            ShardProxy.Method.RemoveDurableRoute when WireCall.Arguments<RemoveDurableRouteCall>(call) is var (clientId, filter) =>
                WireCall.Done(on.RemoveDurableRouteAsync(clientId, filter)),
            ShardProxy.Method.Join when WireCall.Arguments<JoinCall>(call) is var (group, member) => WireCall.Done(on.JoinAsync(group, member)),
            ShardProxy.Method.Leave when WireCall.Arguments<LeaveCall>(call) is var (group, clientId) =>
                WireCall.Done(on.LeaveAsync(group, clientId)),
            ShardProxy.Method.Redispatch when WireCall.Arguments<RedispatchCall>(call) is var (except, deliveries) =>
                WireCall.Done(on.RedispatchAsync(except, deliveries)),
            ShardProxy.Method.Completed when WireCall.Arguments<CompletedCall>(call) is var (group, clientId, count) =>
                WireCall.Done(on.CompletedAsync(group, clientId, count)),
            ShardProxy.Method.ReadRetained => WireCall.Done(on.ReadRetainedAsync(WireCall.Arguments<RetainedQuery>(call))),
            _ => new(WireCall.Unknown(method)),
        });

    public static ValueTask<ReadOnlyMemory<byte>> HandleAsync(IRemoteEdge edge, ReadOnlyMemory<byte> call) =>
        AnswerAsync(edge, call, static (on, method, call) => (EdgeProxy.Method)method switch
        {
            EdgeProxy.Method.Transfer => WireCall.Done(on.TransferAsync(WireCall.Arguments<EdgeTransfer>(call))),
            EdgeProxy.Method.Push => WireCall.Done(on.PushAsync(WireCall.Arguments<InboxPush>(call))),
            EdgeProxy.Method.Announce when WireCall.Arguments<AnnounceCall>(call) is var (tenant, shard, epoch) =>
                WireCall.Done(on.AnnounceAsync(tenant, shard, epoch)),
            EdgeProxy.Method.Close when WireCall.Arguments<CloseCall>(call) is var (tenant, clientId, epoch, reason) =>
                WireCall.Done(on.CloseAsync(tenant, clientId, epoch, reason)),
            EdgeProxy.Method.Evict when WireCall.Arguments<EvictCall>(call) is var (tenant, clientId, reason) =>
                WireCall.Done(on.EvictAsync(tenant, clientId, reason)),
            _ => new(WireCall.Unknown(method)),
        });

    public static ValueTask<ReadOnlyMemory<byte>> HandleAsync(IEdgeDirectory directory, ReadOnlyMemory<byte> call) =>
        AnswerAsync(directory, call, static (on, method, call) => (EdgeDirectoryProxy.Method)method switch
        {
            EdgeDirectoryProxy.Method.Renew when WireCall.Arguments<RenewCall>(call) is var (edgeId, address) =>
                WireCall.Done(on.RenewAsync(edgeId, address)),
            EdgeDirectoryProxy.Method.Leave => WireCall.Done(on.LeaveAsync(WireCall.Arguments<string>(call))),
            EdgeDirectoryProxy.Method.Read => WireCall.Done(on.ReadAsync(NamesNobody(call) ? null : WireCall.Arguments<ReadEdgesCall>(call).Silo)),
            _ => new(WireCall.Unknown(method)),
        });

    public static ValueTask<ReadOnlyMemory<byte>> HandleAsync(ITenantShares shares, ReadOnlyMemory<byte> call) =>
        AnswerAsync(shares, call, static (on, method, call) => (TenantSharesProxy.Method)method switch
        {
            TenantSharesProxy.Method.Renew when WireCall.Arguments<RenewShareCall>(call) is var (edgeId, demand) =>
                WireCall.Done(on.RenewAsync(edgeId, demand)),
            _ => new(WireCall.Unknown(method)),
        });

    /// <summary>A reading of the directory by an earlier program.</summary>
    private static bool NamesNobody(ReadOnlyMemory<byte> call) => call.Span[1..].SequenceEqual("0"u8);

    private static async ValueTask<ReadOnlyMemory<byte>> AnswerAsync<T>(
        T target, ReadOnlyMemory<byte> call, Func<T, byte, ReadOnlyMemory<byte>, ValueTask<ReadOnlyMemory<byte>>> carryOut)
    {
        try
        {
            return await carryOut(target, WireCall.Method(call), call).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            return WireCall.Thrown(error);
        }
    }
}
