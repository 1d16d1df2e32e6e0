using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;

namespace Starling.Broker.Tests.Routing;

public sealed class TopicShardTests : IDisposable
{
    private static readonly SharedGroupKey Group = new("g", "a/#");

    private readonly TestCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task Each_message_of_a_batch_has_its_own_outcome()
    {
        await _cluster.Shard.SetEdgeRouteAsync("e1", "a/+", present: true);

        var outcomes = await _cluster.PublishAsync(TestCluster.Message("a/b"), TestCluster.Message("x"), TestCluster.Message("a/c"));

        outcomes.ShouldBe([ReasonCode.Success, ReasonCode.NoMatchingSubscribers, ReasonCode.Success]);
    }

    [Fact]
    public async Task A_retained_message_over_the_limit_is_refused_and_goes_nowhere()
    {
        using var cluster = new TestCluster(new TenantOptions { Name = "t", Limits = new TenantLimits { RetainedMessages = 1 } });
        await cluster.Shard.SetEdgeRouteAsync("e1", "#", present: true);

        var outcomes = await cluster.PublishAsync(
            TestCluster.Message("a", "1", retain: true), TestCluster.Message("b", "2", retain: true), TestCluster.Message("a", "3", retain: true));

        outcomes.ShouldBe([ReasonCode.Success, ReasonCode.QuotaExceeded, ReasonCode.Success]);
        cluster.Edge.Messages.Select(TestEdge.Text).ShouldBe(["1", "3"]);
    }

    [Fact]
    public async Task The_edge_that_brings_a_batch_is_not_sent_it()
    {
        await _cluster.Shard.SetEdgeRouteAsync("e1", "a", present: true);
        var batch = new PublishBatch();
        batch.Add(TestCluster.Message("a"));

        await _cluster.Shard.PublishAsync(batch, origin: "e1");

        batch.Outcome(0).ShouldBe(ReasonCode.Success);
        _cluster.Edge.Messages.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_edge_with_several_filters_gets_a_message_once()
    {
        await _cluster.Shard.SetEdgeRouteAsync("e1", "a/b", present: true);
        await _cluster.Shard.SetEdgeRouteAsync("e1", "a/#", present: true);

        await _cluster.PublishAsync(TestCluster.Message("a/b"));

        _cluster.Edge.Messages.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_route_that_is_gone_is_not_taken_even_for_a_topic_matched_before()
    {
        var topic = new Topic("a");
        await _cluster.Shard.SetEdgeRouteAsync("e1", "a", present: true);
        (await _cluster.PublishAsync(Message.Create(topic, "1"u8))).ShouldBe([ReasonCode.Success]);

        await _cluster.Shard.SetEdgeRouteAsync("e1", "a", present: false);

        (await _cluster.PublishAsync(Message.Create(topic, "2"u8))).ShouldBe([ReasonCode.NoMatchingSubscribers]);
        _cluster.Edge.Messages.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Messages_for_a_member_that_is_gone_go_to_the_next_in_order()
    {
        await JoinAsync("gone", "here");
        _cluster.Edge.Reachable.Add("here");

        await _cluster.PublishAsync(TestCluster.Message("a/1", "1"), TestCluster.Message("a/1", "2"), TestCluster.Message("a/1", "3"));

        _cluster.Edge.PayloadsFor("here").Order().ShouldBe(["1", "2", "3"]);
    }

    [Fact]
    public async Task A_message_that_no_member_can_be_reached_for_ends()
    {
        await JoinAsync("x", "y", "z");

        await _cluster.PublishAsync(TestCluster.Message("a/1"));

        _cluster.Edge.Connections.ShouldBeEmpty();
    }

    [Fact]
    public async Task Redispatching_says_how_many_another_member_has_got()
    {
        await JoinAsync("x", "y");
        _cluster.Edge.Reachable.Add("y");
        Delivery[] left = [Left("1"), Left("2")];

        (await _cluster.Shard.RedispatchAsync("x", left)).ShouldBe([0, 1]);

        _cluster.Edge.PayloadsFor("y").ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task Redispatching_to_a_group_without_others_takes_nothing()
    {
        await JoinAsync("x");

        (await _cluster.Shard.RedispatchAsync("x", [Left("1")])).ShouldBeEmpty();
        await _cluster.Shard.LeaveAsync(Group, "x");
        (await _cluster.Shard.RedispatchAsync("x", [Left("1")])).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_last_member_takes_the_group_with_it()
    {
        await JoinAsync("x");
        await _cluster.Shard.LeaveAsync(Group, "x");

        (await _cluster.PublishAsync(TestCluster.Message("a/1"))).ShouldBe([ReasonCode.NoMatchingSubscribers]);
    }

    [Fact]
    public async Task A_durable_route_is_replaced_by_a_newer_subscription()
    {
        await _cluster.ConnectAsync("d");
        await _cluster.Shard.SetDurableRouteAsync("d", Subscription("a", QualityOfService.AtLeastOnce));
        await _cluster.Shard.SetDurableRouteAsync("d", Subscription("a", QualityOfService.AtMostOnce));

        await _cluster.PublishAsync(TestCluster.Message("a"));

        _cluster.Edge.InboxPayloadsFor("d").ShouldBeEmpty();
    }

    [Fact]
    public async Task Overlapping_durable_subscriptions_make_one_entry_at_the_highest_QoS_with_all_identifiers()
    {
        await _cluster.ConnectAsync("d");
        await _cluster.Shard.SetDurableRouteAsync("d", Subscription("a/b", QualityOfService.AtLeastOnce, 1));
        await _cluster.Shard.SetDurableRouteAsync("d", Subscription("a/#", QualityOfService.ExactlyOnce, 2));
        await _cluster.Shard.SetDurableRouteAsync("d", Subscription("+/b", QualityOfService.AtMostOnce, 3));

        await _cluster.PublishAsync(TestCluster.Message("a/b", qos: QualityOfService.ExactlyOnce));

        var delivery = _cluster.Edge.Inboxes["d"].ShouldHaveSingleItem().Delivery;
        delivery.QoS.ShouldBe(QualityOfService.ExactlyOnce);
        delivery.SubscriptionIdentifiers!.Order().ShouldBe([1u, 2u, 3u]);
    }

    [Fact]
    public async Task A_retained_message_that_expires_is_neither_read_nor_counted()
    {
        await _cluster.PublishAsync(Message.Create(
            new Topic("a"), "1"u8, retain: true, expiresAt: _cluster.Time.GetUtcNow().ToUnixTimeMilliseconds() + 10_000));
        _cluster.Counters.RetainedMessages.Value.ShouldBe(1);

        _cluster.Time.Advance(TimeSpan.FromSeconds(10));

        (await _cluster.Shard.ReadRetainedAsync(new RetainedCursor("#"), 10)).Messages.ShouldBeEmpty();
        _cluster.Counters.RetainedMessages.Value.ShouldBe(0);
    }

    [Fact]
    public async Task A_topic_that_is_replaced_again_and_again_does_not_keep_what_it_retained_until_that_would_have_expired()
    {
        var first = await RetainAsync("0");
        for (var i = 1; i < 2000; i++)
            await RetainAsync($"{i}");

        GC.Collect();

        first.IsAlive.ShouldBeFalse();
    }

    private async Task<WeakReference> RetainAsync(string payload)
    {
        var expiresAt = _cluster.Time.GetUtcNow().AddDays(1).ToUnixTimeMilliseconds();
        var message = Message.Create(new Topic("a"), System.Text.Encoding.UTF8.GetBytes(payload), retain: true, expiresAt: expiresAt);
        await _cluster.PublishAsync(message);
        return new WeakReference(message);
    }

    private static Subscription Subscription(string filter, QualityOfService qos, uint? identifier = null) =>
        new(filter, new SubscriptionOptions(qos), identifier);

    private static Delivery Left(string payload) =>
        new(TestCluster.Message("a/1", payload), QualityOfService.AtLeastOnce, Retain: false, null, Group);

    private async Task JoinAsync(params string[] clientIds)
    {
        foreach (var clientId in clientIds)
        {
            await _cluster.Shard.JoinAsync(
                Group, new SharedMember(clientId, new SubscriptionOptions(QualityOfService.AtLeastOnce), null, "e1", Durable: false));
        }
    }
}
