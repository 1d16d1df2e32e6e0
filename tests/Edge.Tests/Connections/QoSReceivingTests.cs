using Starling.Protocol;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

/// <summary>The QoS 0, 1 and 2 delivery protocols, with the broker as receiver.</summary>
public sealed class QoSReceivingTests
{
    public static TheoryData<ProtocolVersion, bool> VersionsWithAndWithoutDup() => new()
    {
        { ProtocolVersion.Mqtt311, false },
        { ProtocolVersion.Mqtt311, true },
        { ProtocolVersion.Mqtt5, false },
        { ProtocolVersion.Mqtt5, true },
    };

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, 0)]
    [InlineData(ProtocolVersion.Mqtt311, 1)]
    [InlineData(ProtocolVersion.Mqtt311, 2)]
    [InlineData(ProtocolVersion.Mqtt5, 0)]
    [InlineData(ProtocolVersion.Mqtt5, 1)]
    [InlineData(ProtocolVersion.Mqtt5, 2)]
    [Trait("Statement", "MQTT5-3.3.4-1")]
    [Trait("Statement", "MQTT311-3.3.4-1")]
    [Trait("Statement", "MQTT5-4.3.2-4")]
    [Trait("Statement", "MQTT5-4.3.3-8")]
    [Trait("Statement", "MQTT5-2.2.1-5")]
    [Trait("Statement", "MQTT311-2.3.1-6")]
    [Trait("Statement", "MQTT5-2.2.1-2")]
    [Trait("Statement", "MQTT311-2.3.1-5")]
    public async Task A_message_is_answered_as_its_QoS_asks_for(ProtocolVersion version, int qos)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendAsync(Publish("a", qos: qos, id: (ushort)(qos == 0 ? 0 : 4711)));

        if (qos == 1)
            await client.ExpectAckAsync(PubAck(4711, ReasonCode.NoMatchingSubscribers));
        if (qos == 2)
            await client.ExpectAckAsync(PubRec(4711, ReasonCode.NoMatchingSubscribers));
        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("Statement", "MQTT5-3.4.2-1")]
    [Trait("Statement", "MQTT5-3.5.2-1")]
    public async Task Only_a_message_that_nobody_gets_is_answered_with_no_matching_subscribers(int qos)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using var subscriber = await broker.ConnectAsync("s");

        (await publisher.PublishAsync("a", "x", (QualityOfService)qos)).ShouldBe(ReasonCode.NoMatchingSubscribers);
        await subscriber.SubscribeAsync("a");
        (await publisher.PublishAsync("a", "x", (QualityOfService)qos)).ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task A_message_for_an_absent_durable_session_has_a_matching_subscriber()
    {
        await using var broker = await TestBroker.StartAsync();
        await using (var subscriber = await broker.ResumeAsync("s"))
        {
            await subscriber.SubscribeAsync("a", QualityOfService.AtLeastOnce);
            await subscriber.DisconnectAsync();
        }

        await using var publisher = await broker.ConnectAsync("p");

        (await publisher.PublishAsync("a", "x", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.Success);
    }

    [Theory]
    [MemberData(nameof(VersionsWithAndWithoutDup))]
    [Trait("Statement", "MQTT5-4.3.2-5")]
    [Trait("Statement", "MQTT311-4.3.2-2")]
    [Trait("Statement", "MQTT5-3.3.1-3")]
    [Trait("Statement", "MQTT311-3.3.1-3")]
    public async Task At_QoS_1_the_same_packet_identifier_again_is_a_new_message_and_DUP_goes_no_further(ProtocolVersion version, bool dup)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p", version);
        await using var subscriber = await broker.ConnectAsync("s", version);
        await subscriber.SubscribeAsync("a", QualityOfService.AtLeastOnce);

        await publisher.SendAsync(Publish("a", "first", qos: 1, id: 5));
        await publisher.ExpectAckAsync(PubAck(5));
        await publisher.SendAsync(Publish("a", "second", qos: 1, id: 5, dup: dup));
        await publisher.ExpectAckAsync(PubAck(5));

        (await subscriber.ExpectPublishAsync("first")).Dup.ShouldBeFalse();
        (await subscriber.ExpectPublishAsync("second")).Dup.ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(VersionsWithAndWithoutDup))]
    [Trait("Statement", "MQTT5-4.3.3-10")]
    [Trait("Statement", "MQTT311-4.3.3-2")]
    public async Task At_QoS_2_the_same_packet_identifier_before_PUBREL_is_acknowledged_and_not_delivered(ProtocolVersion version, bool dup)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p", version);
        await using var subscriber = await broker.ConnectAsync("s", version);
        await subscriber.SubscribeAsync("a", QualityOfService.ExactlyOnce);

        await publisher.SendAsync(Publish("a", "x", qos: 2, id: 5));
        await publisher.ExpectAckAsync(PubRec(5));
        await publisher.SendAsync(Publish("a", "x", qos: 2, id: 5, dup: dup));
        await publisher.ExpectAckAsync(PubRec(5));

        await subscriber.ExpectMessageAsync();
        await subscriber.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.3.3-10")]
    public async Task At_QoS_2_a_repetition_in_the_same_write_is_acknowledged_and_not_delivered()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a");

        await client.SendTogetherAsync(Publish("a", qos: 2, id: 5), Publish("a", qos: 2, id: 5, dup: true));

        List<object> received = [];
        for (var i = 0; i < 3; i++)
            received.Add((await client.ReceiveAsync()).Packet);
        received.OfType<AckPacket>().Select(ack => (ack.Type, ack.PacketIdentifier))
            .ShouldBe([(PacketType.PubRec, (ushort)5), (PacketType.PubRec, (ushort)5)]);
        await client.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(VersionsWithAndWithoutDup))]
    [Trait("Statement", "MQTT5-4.3.3-11")]
    [Trait("Statement", "MQTT5-4.3.3-12")]
    [Trait("Statement", "MQTT311-4.3.3-2")]
    [Trait("Statement", "MQTT5-3.7.2-1")]
    public async Task At_QoS_2_the_same_packet_identifier_after_PUBCOMP_is_a_new_message(ProtocolVersion version, bool dup)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p", version);
        await using var subscriber = await broker.ConnectAsync("s", version);
        await subscriber.SubscribeAsync("a");

        await publisher.SendAsync(Publish("a", "first", qos: 2, id: 5));
        await publisher.ExpectAckAsync(PubRec(5));
        await publisher.SendAsync(PubRel(5));
        await publisher.ExpectAckAsync(PubComp(5));
        await publisher.SendAsync(Publish("a", "second", qos: 2, id: 5, dup: dup));
        await publisher.ExpectAckAsync(PubRec(5));

        await subscriber.ExpectPublishAsync("first");
        await subscriber.ExpectPublishAsync("second");
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-4.3.3-11")]
    [Trait("Statement", "MQTT311-4.3.3-2")]
    public async Task PUBREL_of_an_unknown_packet_identifier_is_answered_with_PUBCOMP_not_found(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendAsync(PubRel(99));

        await client.ExpectAckAsync(PubComp(99, ReasonCode.PacketIdentifierNotFound));
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.6.2-1")]
    public async Task PUBREL_with_packet_identifier_not_found_is_carried_out()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SendAsync(Publish("a", qos: 2, id: 5));
        await client.ExpectAckAsync(PubRec(5, ReasonCode.NoMatchingSubscribers));

        await client.SendAsync(PubRel(5, ReasonCode.PacketIdentifierNotFound));

        await client.ExpectAckAsync(PubComp(5));
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.3.3-9")]
    public async Task At_QoS_2_a_refused_packet_identifier_is_free_for_a_new_message()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a");

        await client.SendAsync(Publish("$SYS/x", qos: 2, id: 5));
        await client.ExpectAckAsync(PubRec(5, ReasonCode.NotAuthorized));
        await client.SendAsync(Publish("a", "new", qos: 2, id: 5));

        List<object> received = [(await client.ReceiveAsync()).Packet, (await client.ReceiveAsync()).Packet];
        received.OfType<AckPacket>().ShouldHaveSingleItem().ReasonCode.ShouldBe(ReasonCode.Success);
        received.OfType<Testing.PublishMessage>().ShouldHaveSingleItem().Text.ShouldBe("new");
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, 1, PacketType.PubAck)]
    [InlineData(ProtocolVersion.Mqtt311, 2, PacketType.PubRec)]
    [InlineData(ProtocolVersion.Mqtt5, 1, PacketType.PubAck)]
    [InlineData(ProtocolVersion.Mqtt5, 2, PacketType.PubRec)]
    [Trait("Statement", "MQTT5-4.6.0-2")]
    [Trait("Statement", "MQTT5-4.6.0-3")]
    [Trait("Statement", "MQTT311-4.6.0-2")]
    [Trait("Statement", "MQTT311-4.6.0-3")]
    public async Task Acknowledgements_come_in_the_order_of_the_messages(ProtocolVersion version, int qos, PacketType type)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        ushort[] ids = [9, 3, 65535, 1, 500, 2];

        await client.SendTogetherAsync(ids.Select(id => (object)Publish("a", qos: qos, id: id)));

        foreach (var id in ids)
            await client.ExpectAckAsync(new AckPacket(type, id, ReasonCode.NoMatchingSubscribers));
    }
}
