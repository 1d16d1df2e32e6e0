using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

public sealed class ConnAckTests
{
    [Theory]
    [InlineData(ProtocolVersion.Mqtt31)]
    [InlineData(ProtocolVersion.Mqtt311)]
    [Trait("Statement", "MQTT311-3.1.4-4")]
    [Trait("Statement", "MQTT311-3.2.2-1")]
    public async Task A_CONNACK_before_5_has_two_bytes(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync(version);

        await client.SendAsync(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "c" });

        (await client.ReceiveAsync()).Bytes.ShouldBe([0x20, 2, 0, 0]);
    }

    [Fact]
    [Trait("Statement", "MQTT5-2.2.2-1")]
    [Trait("Statement", "MQTT5-3.1.2-28")]
    [Trait("Statement", "MQTT5-3.1.4-5")]
    [Trait("Statement", "MQTT5-3.2.2-1")]
    [Trait("Statement", "MQTT5-3.2.2-22")]
    [Trait("Statement", "MQTT5-4.12.0-6")]
    public async Task A_CONNACK_says_what_differs_from_the_defaults_and_nothing_else()
    {
        var limits = new TenantLimits { PacketSize = 5000, ReceiveMaximum = 65535, TopicAliasMaximum = 0 };
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = limits });
        await using var client = await broker.OpenAsync();

        await client.SendAsync(new ConnectPacket { ClientIdentifier = "c", KeepAlive = 77, RequestResponseInformation = false });

        (await client.ReceiveAsync()).Bytes.ShouldBe([0x20, 8, 0, 0, 5, 39, 0, 0, 5000 >> 8, 5000 & 0xFF]);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.2.2-9")]
    public async Task A_CONNACK_tells_the_limits_of_the_tenant()
    {
        var limits = new TenantLimits
        {
            PacketSize = 5000,
            ReceiveMaximum = 7,
            TopicAliasMaximum = 3,
            MaximumQoS = 1,
            RetainAvailable = false,
            WildcardSubscriptions = false,
            SharedSubscriptions = false,
            KeepAliveMaximum = 60,
            SessionExpirySeconds = 100,
        };
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = limits });
        await using var client = await broker.OpenAsync();

        var connAck = await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", KeepAlive = 77, SessionExpiryInterval = 101 });

        connAck.ShouldBe(new ConnAckPacket
        {
            MaximumPacketSize = 5000,
            ReceiveMaximum = 7,
            TopicAliasMaximum = 3,
            MaximumQoS = QualityOfService.AtLeastOnce,
            RetainAvailable = false,
            WildcardSubscriptionAvailable = false,
            SharedSubscriptionAvailable = false,
            ServerKeepAlive = 60,
            SessionExpiryInterval = 100,
            UserProperties = connAck.UserProperties,
        });
        connAck.UserProperties.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(QualityOfService.AtLeastOnce)]
    [InlineData(QualityOfService.ExactlyOnce)]
    [Trait("Statement", "MQTT5-3.2.2-10")]
    public async Task Where_only_QoS_0_is_supported_a_SUBSCRIBE_of_more_is_granted_QoS_0(QualityOfService asked)
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { MaximumQoS = 0 } });
        await using var client = await broker.ConnectAsync("c");

        (await client.SubscribeAsync("a", asked)).ReasonCodes.ShouldBe([ReasonCode.GrantedQoS0]);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.2.2-11")]
    public async Task A_PUBLISH_over_the_maximum_QoS_is_refused_with_QoS_not_supported()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { MaximumQoS = 1 } });
        await using var client = await broker.ConnectAsync("c");

        await client.SendAsync(new PublishMessage { Topic = "a", QoS = QualityOfService.ExactlyOnce, PacketIdentifier = 1 });

        await client.ExpectDisconnectedAsync(ReasonCode.QoSNotSupported);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.2.2-14")]
    public async Task A_retained_PUBLISH_where_retain_is_not_available_is_refused_with_Retain_not_supported()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { RetainAvailable = false } });
        await using var client = await broker.ConnectAsync("c");

        await client.SendAsync(new PublishMessage { Topic = "a", Retain = true });

        await client.ExpectDisconnectedAsync(ReasonCode.RetainNotSupported);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.2.2-15")]
    public async Task A_packet_over_the_maximum_packet_size_is_refused_at_its_fixed_header()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { PacketSize = 1000 } });
        await using var client = await broker.ConnectAsync("c");

        await client.SendAsync([0x30, 0xE6, 0x07]);

        await client.ExpectDisconnectedAsync(ReasonCode.PacketTooLarge);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.2.2-15")]
    public async Task A_packet_of_just_the_maximum_packet_size_is_taken()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { PacketSize = 1000 } });
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a");

        await client.SendAsync([0x30, 0xE5, 0x07, .. Raw.Text("a"), 0, .. new byte[993]]);

        (await client.ExpectMessageAsync()).Payload.Length.ShouldBe(993);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(0)]
    [Trait("Statement", "MQTT5-3.2.2-17")]
    [Trait("Statement", "MQTT5-3.2.2-18")]
    public async Task A_topic_alias_over_the_maximum_is_refused(ushort maximum)
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { TopicAliasMaximum = maximum } });
        await using var client = await broker.ConnectAsync("c");

        await client.SendAsync(new PublishMessage { Topic = "a", Properties = new() { TopicAlias = (ushort)(maximum + 1) } });

        await client.ExpectDisconnectedAsync(ReasonCode.TopicAliasInvalid);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [Trait("Statement", "MQTT5-3.1.2-24")]
    [Trait("Statement", "MQTT5-3.2.0-1")]
    public async Task A_client_that_cannot_take_a_CONNACK_is_closed_without_one_and_without_its_will(uint maximumPacketSize)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync();

        await client.SendAsync(new ConnectPacket
        {
            ClientIdentifier = "tiny",
            MaximumPacketSize = maximumPacketSize,
            Will = new() { Topic = "w" },
        });

        await client.ExpectClosedAsync();
        broker.Counters.WillsPublished.Value.ShouldBe(0);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-29")]
    [Trait("Statement", "MQTT5-3.2.2-19")]
    [Trait("Statement", "MQTT5-3.2.2-20")]
    [Trait("Statement", "MQTT5-3.14.2-3")]
    [Trait("Statement", "MQTT5-3.14.2-4")]
    public async Task A_client_that_wants_no_problem_information_gets_none()
    {
        var demo = TestBroker.Demo with { Limits = new() { WildcardSubscriptions = false } };
        await using var broker = await TestBroker.StartAsync(demo);
        await using var client = await broker.OpenAsync();
        await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", RequestProblemInformation = false });

        var subAck = await client.SubscribeAsync(new SubscribePacket { PacketIdentifier = 1, Subscriptions = [new("a/+", default)] });
        await client.SendAsync([0xD0, 0]);
        var disconnect = await client.ReceiveAsync();

        subAck.ReasonString.ShouldBeNull();
        subAck.UserProperties.ShouldBeEmpty();
        disconnect.Bytes.ShouldBe([0xE0, 1, 0x82]);
    }
}
