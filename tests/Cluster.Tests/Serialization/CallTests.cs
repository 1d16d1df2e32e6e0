using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Quotas;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization.Calls;
using Starling.Protocol;

namespace Starling.Cluster.Tests.Serialization;

public class CallTests
{
    private readonly RecordingSession _session = new();
    private readonly SessionProxy _proxy;

    public CallTests() => _proxy = new SessionProxy(new Loopback((call, cancellation) => CallReceiver.HandleAsync(_session, call, cancellation)));

    [Fact]
    public async Task Every_call_of_a_session_arrives_with_its_arguments()
    {
        (await _proxy.ConnectAsync(Samples.Connect, TestContext.Current.CancellationToken)).Epoch.ShouldBe(Samples.Connected.Epoch);
        (await _proxy.StartAsync(1, 20)).ShouldBeTrue();
        await _proxy.DisconnectAsync(2, SessionDisconnect.Lost);
        await _proxy.SubscribeAsync(3, Samples.Subscriptions);
        await _proxy.UnsubscribeAsync(4, ["a", "b"]);
        await _proxy.EnqueueAsync(Samples.Deliveries);
        (await _proxy.ReplayAsync("a/#", Samples.Deliveries)).ShouldBe(new InboxSummary(1, 2, 3));
        await _proxy.AcknowledgeAsync(5, [new InboxAck(7, true), new InboxAck(8, false)]);
        await _proxy.RecordReceivedAsync(6, [1, 65_535], [2]);
        await _proxy.WakeAsync();

        _session.Calls.ShouldBe(
        [
            "connect edge-1", "start 1 20", "disconnect 2 True", "subscribe 3 a/# $share/g/b", "unsubscribe 4 a b", "enqueue 2",
            "replay a/# 2", "acknowledge 5 7+ 8-", "record 6 1 65535/2", "wake",
        ]);
    }

    [Fact]
    public async Task What_a_session_refuses_is_thrown_at_the_caller()
    {
        _session.Failure = new StaleEpochException(new SessionKey("acme", "one"), 7);
        var stale = await Should.ThrowAsync<StaleEpochException>(async () => await _proxy.WakeAsync());
        (stale.Session, stale.Epoch).ShouldBe((new SessionKey("acme", "one"), 7));

        _session.Failure = new StoreUnavailableException("away");
        (await Should.ThrowAsync<StoreUnavailableException>(async () => await _proxy.WakeAsync())).Message.ShouldBe("away");

        _session.Failure = new RemoteCallException("lost");
        (await Should.ThrowAsync<RemoteCallException>(async () => await _proxy.WakeAsync())).Message.ShouldBe("lost");

        _session.Failure = new InvalidOperationException("a bug");
        (await Should.ThrowAsync<RemoteCallException>(async () => await _proxy.WakeAsync())).Message.ShouldBe("InvalidOperationException: a bug");
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_told_so()
    {
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        _session.Failure = new OperationCanceledException(cancellation.Token);

        await Should.ThrowAsync<OperationCanceledException>(async () => await _proxy.ConnectAsync(Samples.Connect, cancellation.Token));
    }

    [Fact]
    public async Task A_method_of_a_later_program_fails_like_a_call_that_went_wrong()
    {
        var later = new SessionProxy(new Loopback((call, cancellation) =>
        {
            var other = call.ToArray();
            other[0] = 200;
            return CallReceiver.HandleAsync(_session, other, cancellation);
        }));

        (await Should.ThrowAsync<RemoteCallException>(async () => await later.WakeAsync())).Message.ShouldContain("200");
    }

    [Fact]
    public async Task A_damaged_answer_fails_like_a_call_that_went_wrong()
    {
        foreach (var answer in new byte[][] { [], [0], [0, 99], [1], [3, 123] })
        {
            var proxy = new SessionProxy(new Loopback((_, _) => new(answer)));
            await Should.ThrowAsync<RemoteCallException>(async () => await proxy.StartAsync(1, 1));
        }
    }

    [Fact]
    public async Task Shards_edges_and_the_directory_are_called_in_the_same_way()
    {
        var target = new RecordingNode();
        var shard = new ShardProxy(new Loopback((call, _) => CallReceiver.HandleAsync((IRemoteShard)target, call)));
        var edge = new EdgeProxy(new Loopback((call, _) => CallReceiver.HandleAsync((IRemoteEdge)target, call)));
        var directory = new EdgeDirectoryProxy(new Loopback((call, _) => CallReceiver.HandleAsync((IEdgeDirectory)target, call)));
        var shares = new TenantSharesProxy(new Loopback((call, _) => CallReceiver.HandleAsync((ITenantShares)target, call)));
        var group = new SharedGroupKey("g", "a/#");

        (await shard.TransferAsync(Samples.ShardTransfer)).Outcomes.ShouldBe(Samples.ShardReply.Outcomes);
        await shard.SetDurableRouteAsync("one", Samples.Subscriptions[0]);
        await shard.RemoveDurableRouteAsync("one", "a/#");
        await shard.JoinAsync(group, SharedMember.Of(new StoredRoute("one", Samples.Subscriptions[0])));
        await shard.LeaveAsync(group, "one");
        (await shard.RedispatchAsync("one", Samples.Deliveries)).ShouldBe([1]);
        await shard.CompletedAsync(group, "one", 3);
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

        target.Calls.ShouldBe(
        [
            "shard transfer 12", "set one a/#", "remove one a/#", "join g one", "leave g one", "redispatch one 2", "completed g one 3", "retained # 1",
            "edge transfer 1", "push 2", "announce acme 2 3", "close acme one 4 SessionTakenOver", "evict acme one SessionTakenOver",
            "renew edge-1 there", "leave edge-1", "read silo-1", "share edge-1 1",
        ]);
    }
}
