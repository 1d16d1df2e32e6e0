using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Subscriptions;

namespace Starling.Edge.Tests.Connections;

public sealed class UnsubscribeTests
{
    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.10.4-4")]
    [Trait("Statement", "MQTT5-3.10.4-5")]
    [Trait("Statement", "MQTT311-3.10.4-4")]
    [Trait("Statement", "MQTT311-3.10.4-5")]
    public async Task UNSUBACK_comes_with_the_packet_identifier_even_when_nothing_was_subscribed(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendAsync(new UnsubscribePacket { PacketIdentifier = 4711, TopicFilters = ["a"] });

        (await client.ExpectAsync<UnsubAckPacket>()).PacketIdentifier.ShouldBe((ushort)4711);
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.10.4-2")]
    [Trait("Statement", "MQTT311-3.10.4-2")]
    public async Task Nothing_new_comes_after_unsubscribing(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync("a", QoS1);
        await client.UnsubscribeAsync("a");

        await client.PublishAsync("a", "1", QoS1);

        await client.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.10.4-1")]
    [Trait("Statement", "MQTT311-3.10.4-1")]
    public async Task Filters_are_compared_character_by_character(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync(To("a/+"));
        await client.UnsubscribeAsync("a/b", "a/#", "#", "A/+", "a/+/");

        await client.PublishAsync("a/b", "1");

        (await client.ExpectMessageAsync()).Text.ShouldBe("1");
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.10.4-6")]
    [Trait("Statement", "MQTT311-3.10.4-6")]
    public async Task Several_filters_are_answered_once(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync(To("a"), To("b"), To("c"));
        await client.UnsubscribeAsync("a", "b");

        await client.PublishAsync("a", "a");
        await client.PublishAsync("b", "b");
        await client.PublishAsync("c", "c");

        (await client.ExpectMessageAsync()).Text.ShouldBe("c");
        await client.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.11.3-1")]
    [Trait("Statement", "MQTT5-3.11.3-2")]
    public async Task UNSUBACK_has_a_code_for_each_filter_in_their_order()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync(To("b"), To("$share/g/c"));

        var unsubAck = await client.UnsubscribeAsync("a", "b", "$share/g/c", "b");

        unsubAck.ReasonCodes.ShouldBe(
            [ReasonCode.NoSubscriptionExisted, ReasonCode.Success, ReasonCode.Success, ReasonCode.NoSubscriptionExisted]);
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, QoS1, true)]
    [InlineData(ProtocolVersion.Mqtt311, QoS2, false)]
    [InlineData(ProtocolVersion.Mqtt5, QoS1, false)]
    [InlineData(ProtocolVersion.Mqtt5, QoS2, true)]
    [Trait("Statement", "MQTT5-3.10.4-3")]
    [Trait("Statement", "MQTT311-3.10.4-3")]
    public async Task A_message_in_flight_is_seen_through(ProtocolVersion version, QualityOfService qos, bool durable)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version, cleanStart: !durable, durable && version == ProtocolVersion.Mqtt5 ? 60u : null);
        await using var publisher = await broker.ConnectAsync("p", version);
        await client.SubscribeAsync("a", qos);
        await publisher.PublishAsync("a", "1", qos);
        var message = await client.ExpectAsync<PublishMessage>();

        await client.UnsubscribeAsync("a");

        if (qos == QoS1)
        {
            await client.SendAsync(new AckPacket(PacketType.PubAck, message.PacketIdentifier));
            await client.ExpectNothingAsync();
            return;
        }

        await client.SendAsync(new AckPacket(PacketType.PubRec, message.PacketIdentifier));
        (await client.ExpectAsync<AckPacket>()).ShouldBe(new AckPacket(PacketType.PubRel, message.PacketIdentifier));
    }

    [Fact]
    public async Task A_durable_session_that_unsubscribed_gets_nothing_while_it_is_away()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using (var client = await broker.ConnectAsync("c", expiry: 60))
        {
            await client.SubscribeAsync("a", QoS1);
            await client.UnsubscribeAsync("a");
            await client.DisconnectAsync();
        }

        (await publisher.PublishAsync("a", "1", QoS1)).ShouldBe(ReasonCode.NoMatchingSubscribers);

        await using var back = await broker.ConnectAsync("c", cleanStart: false, expiry: 60);
        await back.ExpectNothingAsync();
    }

    [Fact]
    public async Task What_still_matches_another_subscription_goes_on()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a/#", new SubscriptionOptions(QoS2), identifier: 1);
        await client.SubscribeAsync("a/b", new SubscriptionOptions(QoS0), identifier: 2);
        await client.UnsubscribeAsync("a/#");

        await client.PublishAsync("a/b", "1", QoS1);

        var message = await client.ExpectMessageAsync();
        message.QoS.ShouldBe(QoS0);
        message.Properties.SubscriptionIdentifiers.ShouldBe([2u]);
    }
}
