using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;
using Starling.Cluster.Links;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Cluster.Tests.Links;

public sealed class ShardLinkTests
{
    private readonly ManualTime _time = new();
    private readonly ScriptedShard _shard = new();
    private readonly ShardLink _link;
    private int _cursors;

    public ShardLinkTests() => _link = Link(new LinkOptions());

    [Fact]
    public async Task One_transfer_is_under_way_and_what_comes_meanwhile_goes_together_in_order()
    {
        var first = PublishAsync("a");
        var transfer = await _shard.Transfers.NextAsync();
        var second = PublishAsync("b");
        var third = PublishAsync("c");
        _shard.Transfers.Waiting.ShouldBe(0);

        transfer.Answer(ScriptedShard.Done(transfer.Argument));
        (await first).Outcome(0).ShouldBe(ReasonCode.Success);
        var next = await _shard.Transfers.NextAsync();

        Topics(next.Argument).ShouldBe(["b", "c"]);
        next.Argument.Number.ShouldBe(transfer.Argument.Number + 1);
        next.Answer(ScriptedShard.Done(next.Argument, notStored: 1));
        (await second).IsNotStored(0).ShouldBeFalse();
        (await third).IsNotStored(0).ShouldBeTrue();
    }

    [Fact]
    public async Task A_transfer_without_an_answer_comes_again_unchanged_and_nothing_overtakes_it()
    {
        var publishing = PublishAsync("a", QualityOfService.ExactlyOnce);
        var lost = await _shard.Transfers.NextAsync();
        _ = PublishAsync("b");

        lost.Lose();
        var repeat = await _shard.Transfers.NextAsync(_time);

        repeat.Argument.ShouldBe(lost.Argument);
        repeat.Answer(ScriptedShard.Done(repeat.Argument));
        (await publishing).Outcome(0).ShouldBe(ReasonCode.Success);
        Topics((await _shard.Transfers.NextAsync()).Argument).ShouldBe(["b"]);
    }

    [Fact]
    public async Task A_successor_of_a_shard_that_may_have_had_a_transfer_does_not_get_what_must_not_be_doubled()
    {
        var atLeastOnce = PublishAsync("a");
        var exactlyOnce = PublishAsync("b", QualityOfService.ExactlyOnce, sessionId: 7);
        var repeatable = PublishAsync("c");
        var alone = await _shard.Transfers.NextAsync();
        alone.Answer(ScriptedShard.Done(alone.Argument));
        await atLeastOnce;
        (await _shard.Transfers.NextAsync()).Lose();
        var repeat = await _shard.Transfers.NextAsync(_time);

        repeat.Answer(ScriptedShard.Refused(epoch: 5));
        var renewed = await _shard.Transfers.NextAsync(_time);

        Topics(repeat.Argument).ShouldBe(["b", "c"]);
        Topics(renewed.Argument).ShouldBe(["c"]);
        renewed.Argument.KnownEpoch.ShouldBe(5);
        await Should.ThrowAsync<StoreUnavailableException>(exactlyOnce);
        renewed.Answer(ScriptedShard.Done(renewed.Argument));
        (await repeatable).Outcome(0).ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task A_transfer_that_no_shard_has_carried_out_goes_whole_to_the_shard_that_is_heard_of()
    {
        var publishing = PublishAsync("a", QualityOfService.ExactlyOnce);

        (await _shard.Transfers.NextAsync()).Answer(ScriptedShard.Refused(epoch: 5, ShardReplyKind.NeedsRoutes));
        var again = await _shard.Transfers.NextAsync();

        (again.Argument.KnownEpoch, Topics(again.Argument).Length).ShouldBe((5, 1));
        again.Answer(ScriptedShard.Done(again.Argument));
        (await publishing).Outcome(0).ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task A_subscription_waits_until_the_shard_knows_the_filter_and_so_does_the_second_one()
    {
        var first = _link.SetEdgeRouteAsync("e", "a/#", present: true).AsTask();
        var transfer = await _shard.Transfers.NextAsync();
        var second = _link.SetEdgeRouteAsync("e", "a/#", present: true).AsTask();

        (first.IsCompleted, second.IsCompleted).ShouldBe((false, false));
        transfer.Argument.Routes!.Added.ShouldBe(["a/#"]);
        transfer.Answer(ScriptedShard.Done(transfer.Argument));
        await first;
        var next = await _shard.Transfers.NextAsync();
        next.Argument.Routes.ShouldBeNull();
        next.Answer(ScriptedShard.Done(next.Argument));
        await second;
        await _link.SetEdgeRouteAsync("e", "a/#", present: true);
        _shard.Transfers.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task Only_the_last_subscription_that_goes_takes_the_filter_with_it()
    {
        await ConfirmAsync(_link.SetEdgeRouteAsync("e", "a", present: true));
        await _link.SetEdgeRouteAsync("e", "a", present: true);

        await _link.SetEdgeRouteAsync("e", "a", present: false);
        _shard.Transfers.Waiting.ShouldBe(0);
        await _link.SetEdgeRouteAsync("e", "a", present: false);

        (await _shard.Transfers.NextAsync()).Argument.Routes!.Removed.ShouldBe(["a"]);
    }

    [Fact]
    public async Task A_shard_that_misses_routes_gets_all_of_them_with_the_same_transfer()
    {
        await ConfirmAsync(_link.SetEdgeRouteAsync("e", "a", present: true));
        await ConfirmAsync(_link.JoinAsync(new SharedGroupKey("g", "b"), Member(epoch: 3)));
        var publishing = PublishAsync("x");
        var transfer = await _shard.Transfers.NextAsync();

        transfer.Answer(ScriptedShard.Refused(transfer.Argument.KnownEpoch, ShardReplyKind.NeedsRoutes));
        var again = await _shard.Transfers.NextAsync();

        again.Argument.Number.ShouldBe(transfer.Argument.Number);
        again.Argument.Routes!.IsComplete.ShouldBeTrue();
        again.Argument.Routes.Added.ShouldBe(["a"]);
        again.Argument.Routes.Joined.ShouldBe([new GroupMember(new SharedGroupKey("g", "b"), Member(epoch: 3))]);
        again.Answer(ScriptedShard.Done(again.Argument));
        await publishing;
    }

    [Fact]
    public async Task A_shard_that_announces_itself_hears_all_routes_and_changes_follow_on_them()
    {
        await ConfirmAsync(_link.SetEdgeRouteAsync("e", "a", present: true));

        var announced = _link.Announce(epoch: 9);
        _ = _link.SetEdgeRouteAsync("e", "b", present: true).AsTask();
        var transfer = await _shard.Transfers.NextAsync();

        (announced.IsComplete, announced.Added.Single()).ShouldBe((true, "a"));
        transfer.Argument.KnownEpoch.ShouldBe(9);
        transfer.Argument.Routes!.Added.ShouldBe(["b"]);
        transfer.Argument.Routes.Version.ShouldBe(announced.Version + 1);
    }

    [Fact]
    public async Task A_member_that_leaves_late_does_not_take_the_clients_next_connection_with_it()
    {
        var group = new SharedGroupKey("g", "b");
        await ConfirmAsync(_link.JoinAsync(group, Member(epoch: 3)));
        await ConfirmAsync(_link.JoinAsync(group, Member(epoch: 4)));

        await _link.LeaveAsync(group, "c", epoch: 3);

        _link.Announce(epoch: 9).Joined.Single().Member.Epoch.ShouldBe(4);
    }

    [Fact]
    public async Task Messages_of_QoS_0_wait_for_room_and_for_nothing_else()
    {
        var link = Link(new LinkOptions { MaxBytes = 1000 });
        var under = PublishAsync("a", QualityOfService.AtMostOnce, payload: 500, link: link);
        var transfer = await _shard.Transfers.NextAsync();
        var beyond = PublishAsync("b", QualityOfService.AtMostOnce, payload: 500, link: link);

        under.IsCompletedSuccessfully.ShouldBeTrue();
        beyond.IsCompleted.ShouldBeFalse();
        transfer.Answer(ScriptedShard.Done(transfer.Argument));
        await beyond;
    }

    [Fact]
    public async Task A_message_of_QoS_0_that_is_to_be_retained_waits_for_the_shard()
    {
        var publishing = PublishAsync("a", QualityOfService.AtMostOnce, retain: true);
        var transfer = await _shard.Transfers.NextAsync();

        publishing.IsCompleted.ShouldBeFalse();
        transfer.Answer(ScriptedShard.Done(transfer.Argument));
        await publishing;
    }

    [Fact]
    public async Task A_shard_that_stays_away_fails_everybody_and_later_hears_all_routes()
    {
        await ConfirmAsync(_link.SetEdgeRouteAsync("e", "a", present: true));
        var publishing = PublishAsync("x");
        var subscribing = _link.SetEdgeRouteAsync("e", "b", present: true).AsTask();
        var both = Task.WhenAll(publishing, subscribing);
        var losing = Task.Run(async () =>
        {
            while (!both.IsCompleted)
                (await _shard.Transfers.NextAsync()).Lose();
        }, TestContext.Current.CancellationToken);

        await _time.AdvanceUntilAsync(both);

        await Should.ThrowAsync<StoreUnavailableException>(publishing);
        await Should.ThrowAsync<StoreUnavailableException>(subscribing);
        _ = PublishAsync("y", QualityOfService.AtMostOnce);
        await losing.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        _ = PublishAsync("z", QualityOfService.AtMostOnce);
        var later = await _shard.Transfers.NextAsync(_time);
        later.Argument.Routes!.IsComplete.ShouldBeTrue();
        later.Argument.Routes.Added.ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task A_transfer_that_waits_for_a_store_holds_up_neither_QoS_0_nor_a_subscription()
    {
        _ = PublishAsync("a");
        var stored = await _shard.Transfers.NextAsync();

        await PublishAsync("b", QualityOfService.AtMostOnce);
        var direct = await _shard.Transfers.NextAsync();
        var subscribing = _link.SetEdgeRouteAsync("e", "c", present: true);
        direct.Answer(ScriptedShard.Done(direct.Argument));
        await ConfirmAsync(subscribing);

        (stored.Argument.Lane, direct.Argument.Lane).ShouldBe((ShardLane.Stored, ShardLane.Direct));
        Topics(direct.Argument).ShouldBe(["b"]);
    }

    [Fact]
    public async Task QoS_0_that_may_need_the_store_does_not_overtake_what_was_sent_directly_before()
    {
        await PublishAsync("a", QualityOfService.AtMostOnce);
        var direct = await _shard.Transfers.NextAsync();
        _ = PublishAsync("a", QualityOfService.AtMostOnce, retain: true);

        _shard.Transfers.Waiting.ShouldBe(0);
        direct.Answer(ScriptedShard.Done(direct.Argument));
        var mark = await _shard.Transfers.NextAsync();
        mark.Answer(ScriptedShard.Done(mark.Argument));

        (mark.Argument.Lane, mark.Argument.Messages.Count).ShouldBe((ShardLane.Direct, 0));
        (await _shard.Transfers.NextAsync()).Argument.Lane.ShouldBe(ShardLane.Stored);
    }

    [Fact]
    public async Task Routes_that_a_shard_misses_are_told_in_either_lane_and_a_subscription_waits_for_its_own()
    {
        await ConfirmAsync(_link.SetEdgeRouteAsync("e", "a", present: true));
        var subscribing = _link.SetEdgeRouteAsync("e", "b", present: true).AsTask();
        var direct = await _shard.Transfers.NextAsync();
        _ = PublishAsync("x");
        var stored = await _shard.Transfers.NextAsync();

        stored.Answer(ScriptedShard.Refused(stored.Argument.KnownEpoch, ShardReplyKind.NeedsRoutes));
        var again = await _shard.Transfers.NextAsync();
        again.Answer(ScriptedShard.Done(again.Argument));

        stored.Argument.Routes.ShouldBeNull();
        again.Argument.Routes!.Added.ShouldBe(["a", "b"]);
        direct.Argument.Routes!.Added.ShouldBe(["b"]);
        subscribing.IsCompleted.ShouldBeFalse();
        direct.Answer(ScriptedShard.Done(direct.Argument));
        await subscribing;
    }

    [Fact]
    public async Task A_link_that_ends_fails_what_waits_at_once_although_its_call_is_not_answered()
    {
        var publishing = PublishAsync("x");
        var transfer = await _shard.Transfers.NextAsync();

        _link.End();

        await Should.ThrowAsync<StoreUnavailableException>(publishing);
        await Should.ThrowAsync<StoreUnavailableException>(PublishAsync("y"));
        transfer.Answer(ScriptedShard.Done(transfer.Argument));
    }

    [Fact]
    public async Task A_successor_of_a_shard_that_may_have_had_QoS_0_does_not_get_it()
    {
        var batch = new PublishBatch();
        foreach (var (topic, qos) in new[] { ("a", QualityOfService.AtMostOnce), ("b", QualityOfService.AtLeastOnce), ("c", QualityOfService.AtMostOnce), ("d", QualityOfService.AtLeastOnce) })
            batch.Add(Message.Create(new Topic(topic), new byte[1], qos, publisher: new Publisher("p", 1, 0), packetIdentifier: 1));
        var publishing = _link.PublishAsync(batch, "e").AsTask();
        var lost = await _shard.Transfers.NextAsync();
        lost.Lose();
        _link.Announce(lost.Argument.KnownEpoch + 1);

        var successor = await _shard.Transfers.NextAsync(_time);

        Topics(successor.Argument).ShouldBe(["b", "d"]);
        successor.Answer(new ShardReply(successor.Argument.KnownEpoch, ShardReplyKind.Done, [ReasonCode.Success, ReasonCode.QuotaExceeded], [1]));
        await publishing;
        batch.Outcome(1).ShouldBe(ReasonCode.Success);
        batch.IsNotStored(1).ShouldBeFalse();
        batch.IsNotStored(3).ShouldBeTrue();
    }

    [Fact]
    public async Task A_retained_page_without_an_answer_is_asked_for_again()
    {
        var cursor = new RetainedCursor("a/#");
        var reading = _link.ReadRetainedAsync(cursor, 10).AsTask();
        (await _shard.Queries.NextAsync()).Lose();
        var again = await _shard.Queries.NextAsync(_time);
        again.Argument.Page.ShouldBe(0);
        again.Answer(new RetainedPage([], More: true));
        await reading;

        _ = _link.ReadRetainedAsync(cursor, 10).AsTask();

        (await _shard.Queries.NextAsync()).Argument.ShouldBe(again.Argument with { Page = 1 });
    }

    private static SharedMember Member(long epoch) =>
        new("c", new SubscriptionOptions(QualityOfService.AtLeastOnce), null, "e", Durable: false, epoch);

    private static string[] Topics(ShardTransfer transfer) => [.. transfer.Messages.Select(message => message.Topic.Text)];

    private ShardLink Link(LinkOptions options) =>
        new("e", isEdge: true, _shard, () => new Guid(++_cursors, 0, 0, new byte[8]), options, _time, NullLogger.Instance);

    private async Task ConfirmAsync(ValueTask change)
    {
        var transfer = await _shard.Transfers.NextAsync();
        transfer.Answer(ScriptedShard.Done(transfer.Argument));
        await change;
    }

    private async Task<PublishBatch> PublishAsync(
        string topic,
        QualityOfService qos = QualityOfService.AtLeastOnce,
        long sessionId = 0,
        int payload = 1,
        bool retain = false,
        ShardLink? link = null)
    {
        var batch = new PublishBatch();
        batch.Add(Message.Create(new Topic(topic), new byte[payload], qos, retain, publisher: new Publisher("p", 1, sessionId), packetIdentifier: 1));
        await (link ?? _link).PublishAsync(batch, "e");
        return batch;
    }
}
