using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Quotas;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization;
using Starling.Protocol;

namespace Starling.Cluster.Tests.Serialization;

/// <summary>Every call that there is between processes, once, and what <see cref="RecordingSession"/> and <see cref="RecordingNode"/> see of it.</summary>
internal static class SampleCalls
{
    private static readonly SharedGroupKey Group = new("g", "a/#");

    public static IReadOnlyList<string> OfSession { get; } =
    [
        "connect edge-1", "start 1 20", "disconnect 2 True", "subscribe 3 a/# $share/g/b", "unsubscribe 4 a b", "enqueue 2",
        "replay a/# 2", "acknowledge 5 7+ 8-", "record 6 1 65535/2", "wake",
    ];

    public static IReadOnlyList<string> OfNode { get; } =
    [
        "shard transfer 12", "set one a/#", "remove one a/#", "join g one", "leave g one", "redispatch one 2", "completed g one 3", "retained # 1",
        "edge transfer 1", "push 2", "announce acme 2 3", "close acme one 4 SessionTakenOver", "evict acme one SessionTakenOver",
        "renew edge-1 there", "leave edge-1", "read silo-1", "share edge-1 1",
    ];

    public static async Task MakeAsync(ISession session)
    {
        (await session.ConnectAsync(Samples.Connect, TestContext.Current.CancellationToken)).Epoch.ShouldBe(Samples.Connected.Epoch);
        (await session.StartAsync(1, 20)).ShouldBeTrue();
        await session.DisconnectAsync(2, SessionDisconnect.Lost);
        await session.SubscribeAsync(3, Samples.Subscriptions);
        await session.UnsubscribeAsync(4, ["a", "b"]);
        await session.EnqueueAsync(DeliveryList.Of(Samples.Deliveries));
        (await session.ReplayAsync("a/#", DeliveryList.Of(Samples.Deliveries))).ShouldBe(new InboxSummary(1, 2, 3));
        await session.AcknowledgeAsync(5, [new InboxAck(7, true), new InboxAck(8, false)]);
        await session.RecordReceivedAsync(6, [1, 65_535], [2]);
        await session.WakeAsync();
    }

    public static async Task MakeAsync(IRemoteShard shard, IRemoteEdge edge, IEdgeDirectory directory, ITenantShares shares)
    {
        (await shard.TransferAsync(Samples.ShardTransfer)).Outcomes.ShouldBe(Samples.ShardReply.Outcomes);
        await shard.SetDurableRouteAsync("one", Samples.Subscriptions[0]);
        await shard.RemoveDurableRouteAsync("one", "a/#");
        await shard.JoinAsync(Group, SharedMember.Of(new StoredRoute("one", Samples.Subscriptions[0])));
        await shard.LeaveAsync(Group, "one");
        (await shard.RedispatchAsync("one", DeliveryList.Of(Samples.Deliveries))).ShouldBe([1]);
        await shard.CompletedAsync(Group, "one", 3);
        (await shard.ReadRetainedAsync(new RetainedQuery("#", Guid.Empty, 1, 10))).More.ShouldBeTrue();
        (await edge.TransferAsync(Samples.EdgeTransfer)).NotReached.ShouldBe([1]);
        await edge.PushAsync(Samples.Push);
        (await edge.AnnounceAsync("acme", 2, 3)).Version.ShouldBe(Samples.Routes.Version);
        (await edge.CloseAsync("acme", "one", 4, ReasonCode.SessionTakenOver)).ShouldBeTrue();
        (await edge.EvictAsync("acme", "one", ReasonCode.SessionTakenOver)).ShouldBe(9);
        (await directory.RenewAsync("edge-1", "there")).ShouldBe(new EdgeLease(true, TimeSpan.FromSeconds(10), Silos: 5));
        await directory.LeaveAsync("edge-1");
        (await directory.ReadAsync("silo-1")).ShouldBe([new EdgeEntry("edge-1", "there")]);
        (await shares.RenewAsync("edge-1", new TenantDemand([default]))).Limits.ShouldBe([null, 2.5]);
    }
}
