using Starling.Broker.Tenants;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Subscriptions;

namespace Starling.Edge.Tests.Connections;

public sealed class SharedSubscriptionTests
{
    [Theory]
    [InlineData(ProtocolVersion.Mqtt31)]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-4.8.2-1")]
    [Trait("Statement", "MQTT5-4.8.2-2")]
    public async Task Members_take_turns_in_every_version(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using var one = await broker.ConnectAsync("one", version);
        await using var two = await broker.ConnectAsync("two", version);
        await one.SubscribeAsync("$share/g/a/+", QoS1);
        await two.SubscribeAsync("$share/g/a/+", QoS1);

        for (var i = 0; i < 6; i++)
            await publisher.PublishAsync("a/b", $"{i}", QoS1);

        (await one.ExpectPayloadsAsync(3)).ShouldBe(["0", "2", "4"]);
        (await two.ExpectPayloadsAsync(3)).ShouldBe(["1", "3", "5"]);
        await one.ExpectNothingAsync();
        await two.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.8.2-3")]
    [Trait("Statement", "MQTT5-3.8.4-8")]
    public async Task Each_member_gets_its_messages_at_its_own_QoS_and_with_its_identifier()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using var zero = await broker.ConnectAsync("zero");
        await using var two = await broker.ConnectAsync("two");
        await zero.SubscribeAsync("$share/g/a", new SubscriptionOptions(QoS0), identifier: 1);
        await two.SubscribeAsync("$share/g/a", new SubscriptionOptions(QoS2), identifier: 2);

        await publisher.PublishAsync("a", "1", QoS2);
        await publisher.PublishAsync("a", "2", QoS2);

        var (first, second) = (await zero.ExpectMessageAsync(), await two.ExpectMessageAsync());
        (first.QoS, second.QoS).ShouldBe((QoS0, QoS2));
        first.Properties.SubscriptionIdentifiers.ShouldBe([1u]);
        second.Properties.SubscriptionIdentifiers.ShouldBe([2u]);
    }

    [Fact]
    public async Task Every_group_and_every_other_subscription_gets_a_message()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await using var other = await broker.ConnectAsync("other");
        await client.SubscribeAsync(To("$share/g/a"), To("$share/h/a"), To("$share/g/#"), To("a"));
        await other.SubscribeAsync("+");

        await client.PublishAsync("a", "1", QoS1);

        (await client.ExpectPayloadsAsync(4)).ShouldAllBe(p => p == "1");
        await client.ExpectNothingAsync();
        (await other.ExpectMessageAsync()).Text.ShouldBe("1");
        await other.ExpectNothingAsync();
    }

    [Fact]
    public async Task The_same_filter_shared_and_not_are_two_subscriptions()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync(To("$share/g/a"), To("a"));
        await client.UnsubscribeAsync("a");

        await client.PublishAsync("a", "1", QoS1);

        await client.ExpectMessageAsync();
        await client.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.10.4-2")]
    public async Task When_the_last_member_unsubscribes_nobody_is_left()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("$share/g/a", QoS1);
        await client.UnsubscribeAsync("$share/g/a");

        (await client.PublishAsync("a", "1", QoS1)).ShouldBe(ReasonCode.NoMatchingSubscribers);
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_member_that_unsubscribes_leaves_the_messages_to_the_others()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var one = await broker.ConnectAsync("one");
        await using var two = await broker.ConnectAsync("two");
        await one.SubscribeAsync("$share/g/a");
        await two.SubscribeAsync("$share/g/a");
        await one.UnsubscribeAsync("$share/g/a");

        for (var i = 0; i < 4; i++)
            await one.PublishAsync("a", $"{i}", QoS1);

        (await two.ExpectPayloadsAsync(4)).ShouldBe(["0", "1", "2", "3"]);
        await one.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(60u)]
    public async Task Retained_messages_are_not_sent_to_shared_subscriptions(uint expiry)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", expiry: expiry);
        await client.PublishAsync("a", "1", QoS1, retain: true);

        await client.SubscribeAsync("$share/g/a", new SubscriptionOptions(QoS1));

        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Statement", "MQTT5-3.3.1-12")]
    [Trait("Statement", "MQTT5-3.3.1-13")]
    public async Task Retain_as_published_holds_for_shared_subscriptions(bool asPublished)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("$share/g/a", new SubscriptionOptions(QoS1, RetainAsPublished: asPublished));

        await client.PublishAsync("a", "1", QoS1, retain: true);

        (await client.ExpectMessageAsync()).Retain.ShouldBe(asPublished);
    }

    [Fact]
    public async Task A_durable_member_that_is_away_gets_nothing_while_another_is_there()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using var here = await broker.ConnectAsync("here");
        await here.SubscribeAsync("$share/g/a", QoS1);
        await LeaveDurableMemberAsync(broker, "away");

        for (var i = 0; i < 4; i++)
            await publisher.PublishAsync("a", $"{i}", QoS1);

        (await here.ExpectPayloadsAsync(4)).ShouldBe(["0", "1", "2", "3"]);
        await using var back = await broker.ConnectAsync("away", cleanStart: false, expiry: 60);
        await back.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_durable_member_that_is_away_keeps_messages_when_nobody_is_there()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await LeaveDurableMemberAsync(broker, "away");

        await publisher.PublishAsync("a", "zero", QoS0);
        await publisher.PublishAsync("a", "one", QoS1);
        await publisher.PublishAsync("a", "two", QoS2);

        await using var back = await broker.ConnectAsync("away", cleanStart: false, expiry: 60);
        (await back.ExpectPayloadsAsync(2)).ShouldBe(["one", "two"]);
        await back.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_sticky_group_keeps_each_publisher_with_one_member()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { SharedSubscriptions = SharedSubscriptionStrategy.Sticky });
        await using var publisher = await broker.ConnectAsync("p");
        await using var one = await broker.ConnectAsync("one");
        await using var two = await broker.ConnectAsync("two");
        await one.SubscribeAsync("$share/g/a");
        await two.SubscribeAsync("$share/g/a");

        for (var i = 0; i < 5; i++)
            await publisher.PublishAsync("a", "1", QoS1);

        var counts = new[] { await CountAsync(one), await CountAsync(two) };
        counts.Order().ShouldBe([0, 5]);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(60u)]
    public async Task Least_in_flight_gives_more_to_who_acknowledges(uint expiry)
    {
        var demo = TestBroker.Demo with { SharedSubscriptions = SharedSubscriptionStrategy.LeastInFlight };
        await using var broker = await TestBroker.StartAsync(demo);
        await using var publisher = await broker.ConnectAsync("p");
        await using var stuck = await broker.ConnectAsync("stuck", expiry: expiry);
        await using var busy = await broker.ConnectAsync("busy", expiry: expiry);
        await stuck.SubscribeAsync("$share/g/a", QoS1);
        await busy.SubscribeAsync("$share/g/a", QoS1);

        for (var i = 0; i < 10; i++)
        {
            await publisher.PublishAsync("a", $"{i}", QoS1);
            if (i % 2 == 1)
            {
                await busy.ExpectMessageAsync();
                await busy.UnsubscribeAsync("answered when the acknowledgement is read");
            }
        }

        (await CountAsync(stuck)).ShouldBeLessThan(5, "of ten, because it has acknowledged none");
    }

    private static async Task LeaveDurableMemberAsync(TestBroker broker, string clientId)
    {
        await using var client = await broker.ConnectAsync(clientId, expiry: 60);
        await client.SubscribeAsync("$share/g/a", QoS2);
        await client.DisconnectAsync();
    }

    /// <summary>How many messages have come, not acknowledged.</summary>
    private static async Task<int> CountAsync(MqttTestClient client)
    {
        await client.SendAsync(new PingReqPacket());
        var count = 0;
        while ((await client.ReceiveAsync()).Packet is PublishMessage)
            count++;
        return count;
    }
}
