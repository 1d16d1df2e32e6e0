using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Subscriptions;

namespace Starling.Edge.Tests.Connections;

public sealed class SubscribeTests
{
    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.8.4-1")]
    [Trait("Statement", "MQTT5-3.8.4-2")]
    [Trait("Statement", "MQTT311-3.8.4-1")]
    [Trait("Statement", "MQTT311-3.8.4-2")]
    public async Task SUBACK_carries_the_packet_identifier_of_its_SUBSCRIBE(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendAsync(new SubscribePacket { PacketIdentifier = 65535, Subscriptions = [To("a")] });

        (await client.ExpectAsync<SubAckPacket>()).PacketIdentifier.ShouldBe((ushort)65535);
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.8.4-5")]
    [Trait("Statement", "MQTT5-3.8.4-6")]
    [Trait("Statement", "MQTT5-3.8.4-7")]
    [Trait("Statement", "MQTT5-3.9.3-1")]
    [Trait("Statement", "MQTT5-3.9.3-2")]
    [Trait("Statement", "MQTT311-3.8.4-4")]
    [Trait("Statement", "MQTT311-3.8.4-5")]
    [Trait("Statement", "MQTT311-3.9.3-1")]
    [Trait("Statement", "MQTT311-3.9.3-2")]
    public async Task SUBACK_has_a_code_for_each_filter_in_their_order(ProtocolVersion version)
    {
        var demo = TestBroker.Demo with { Limits = new TenantLimits { TopicLevels = 2 } };
        await using var broker = await TestBroker.StartAsync(demo);
        await using var client = await broker.ConnectAsync("c", version);

        var subAck = await client.SubscribeAsync(To("a", QoS1), To("a/b/c", QoS1), To("b", QoS0), To("c/#", QoS2));

        var refused = version == ProtocolVersion.Mqtt5 ? ReasonCode.TopicFilterInvalid : ReasonCode.UnspecifiedError;
        subAck.ReasonCodes.ShouldBe([ReasonCode.GrantedQoS1, refused, ReasonCode.GrantedQoS0, ReasonCode.GrantedQoS2]);
    }

    [Fact]
    public async Task What_is_refused_in_a_SUBSCRIBE_does_not_keep_the_rest_from_being_subscribed()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new TenantLimits { TopicLevels = 2 } });
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync(To("a/b/c"), To("a"));

        await client.PublishAsync("a", "1");

        (await client.ExpectMessageAsync()).Text.ShouldBe("1");
    }

    [Fact]
    public async Task A_thousand_filters_fit_one_SUBSCRIBE()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");

        var subAck = await client.SubscribeAsync([.. Enumerable.Range(0, 1000).Select(i => To($"many/{i}", QoS1))]);
        await client.PublishAsync("many/999", "last", QoS1);

        subAck.ReasonCodes.Count.ShouldBe(1000);
        (await client.ExpectMessageAsync()).Text.ShouldBe("last");
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.8.4-8")]
    [Trait("Statement", "MQTT311-3.8.4-6")]
    public async Task A_message_comes_at_the_lower_of_its_QoS_and_the_granted_one(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p", version);
        foreach (var granted in Enum.GetValues<QualityOfService>())
        {
            await using var client = await broker.ConnectAsync("c", version);
            await client.SubscribeAsync("a", granted);
            foreach (var published in Enum.GetValues<QualityOfService>())
            {
                await publisher.PublishAsync("a", "1", published);
                (await client.ExpectMessageAsync()).QoS.ShouldBe(published < granted ? published : granted);
            }
        }
    }

    [Fact]
    public async Task The_tenants_maximum_QoS_is_granted_at_most()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new TenantLimits { MaximumQoS = 1 } });
        await using var client = await broker.ConnectAsync("c");

        (await client.SubscribeAsync("a", new SubscriptionOptions(QoS2))).ReasonCodes.ShouldBe([ReasonCode.GrantedQoS1]);
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.8.4-3")]
    [Trait("Statement", "MQTT311-3.8.4-3")]
    public async Task Subscribing_again_replaces_the_subscription(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync("a", QoS2);
        await client.SubscribeAsync("a", QoS0);

        await client.PublishAsync("a", "1", QoS1);

        (await client.ExpectMessageAsync()).QoS.ShouldBe(QoS0);
        await client.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.8.4-3")]
    public async Task Subscribing_again_replaces_the_identifier_and_the_options()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a", new SubscriptionOptions(QoS0, NoLocal: true), identifier: 1);
        await client.SubscribeAsync("a", new SubscriptionOptions(QoS0), identifier: 2);

        await client.PublishAsync("a", "1");

        (await client.ExpectMessageAsync()).Properties.SubscriptionIdentifiers.ShouldBe([2u]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Statement", "MQTT5-3.8.4-4")]
    public async Task Replacing_a_subscription_loses_no_message(bool durable)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", expiry: durable ? 60u : 0u);
        await using var publisher = await broker.ConnectAsync("p");
        await client.SubscribeAsync("a", QoS1);
        var publishing = PublishAsync(publisher, 200);

        for (var i = 0; i < 50; i++)
            await client.SubscribeAsync("a", new SubscriptionOptions(QoS1), identifier: (uint)i + 1);
        await publishing;

        (await client.ExpectPayloadsAsync(200)).ShouldBe(Enumerable.Range(0, 200).Select(i => $"{i}"));
        await client.ExpectNothingAsync();

        static async Task PublishAsync(MqttTestClient publisher, int count)
        {
            for (var i = 0; i < count; i++)
                await publisher.PublishAsync("a", $"{i}", QoS1);
        }
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    public async Task A_message_published_behind_SUBSCRIBE_in_the_same_write_comes(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        byte[] both =
        [
            .. AnyPacket.Encode(new SubscribePacket { PacketIdentifier = 1, Subscriptions = [To("a")] }, version),
            .. AnyPacket.Encode(new PublishMessage { Topic = "a", Payload = "1"u8.ToArray() }, version),
        ];

        await client.SendAsync(both);

        await client.ExpectAsync<SubAckPacket>();
        (await client.ExpectMessageAsync()).Text.ShouldBe("1");
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.9.2-1")]
    [Trait("Statement", "MQTT5-3.9.2-2")]
    [Trait("Statement", "MQTT5-3.11.2-1")]
    [Trait("Statement", "MQTT5-3.11.2-2")]
    public async Task SUBACK_and_UNSUBACK_fit_a_client_that_takes_only_the_smallest_of_them()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new TenantLimits { TopicLevels = 1 } });
        await using var client = await broker.OpenAsync();
        await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", MaximumPacketSize = 20 });

        (await client.SubscribeAsync([.. Enumerable.Range(0, 15).Select(_ => To("too/deep"))])).ReasonString.ShouldBeNull();
        (await client.UnsubscribeAsync([.. Enumerable.Range(0, 15).Select(i => $"{i}")])).ReasonString.ShouldBeNull();
    }
}
