using Starling.Protocol;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

/// <summary>The QoS 0, 1 and 2 delivery protocols, with the broker as sender.</summary>
public sealed class QoSTests
{
    public static TheoryData<ProtocolVersion, int, int> Downgrades()
    {
        var data = new TheoryData<ProtocolVersion, int, int>();
        foreach (var version in Enum.GetValues<ProtocolVersion>())
        {
            for (var published = 0; published <= 2; published++)
            {
                for (var subscribed = 0; subscribed <= 2; subscribed++)
                    data.Add(version, published, subscribed);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Downgrades))]
    [Trait("Statement", "MQTT5-3.3.4-2")]
    [Trait("Statement", "MQTT311-3.3.5-1")]
    [Trait("Statement", "MQTT5-4.3.1-1")]
    [Trait("Statement", "MQTT5-4.3.2-2")]
    [Trait("Statement", "MQTT5-4.3.3-2")]
    [Trait("Statement", "MQTT311-4.3.1-1")]
    [Trait("Statement", "MQTT5-2.2.1-4")]
    [Trait("Statement", "MQTT311-2.3.1-1")]
    public async Task A_message_is_delivered_at_the_lower_QoS_without_DUP(ProtocolVersion version, int published, int subscribed)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync("a", (QualityOfService)subscribed);

        await client.PublishAsync("a", "x", (QualityOfService)published);

        var message = await client.ExpectMessageAsync();
        message.QoS.ShouldBe((QualityOfService)Math.Min(published, subscribed));
        message.Dup.ShouldBeFalse();
        (message.PacketIdentifier > 0).ShouldBe(message.QoS > 0);
        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-4.3.2-1")]
    [Trait("Statement", "MQTT311-4.3.2-1")]
    [Trait("Statement", "MQTT5-4.3.3-1")]
    [Trait("Statement", "MQTT5-2.2.1-4")]
    [Trait("Statement", "MQTT311-2.3.1-4")]
    public async Task Unacknowledged_messages_have_packet_identifiers_of_their_own(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var subscriber = await broker.ConnectAsync("s", version);
        await using var publisher = await broker.ConnectAsync("p");
        await subscriber.SubscribeAsync("a", QualityOfService.ExactlyOnce);

        for (var i = 0; i < 20; i++)
            await publisher.PublishAsync("a", "x", (QualityOfService)(1 + (i % 2)));

        var identifiers = new HashSet<ushort>();
        for (var i = 0; i < 20; i++)
            identifiers.Add((await subscriber.ExpectPublishAsync("x")).PacketIdentifier);
        identifiers.Count.ShouldBe(20);
        identifiers.ShouldNotContain((ushort)0);
    }

    [Fact]
    public async Task Packet_identifiers_go_round_past_those_in_use()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var subscriber = await broker.ConnectAsync("s");
        await using var publisher = await broker.ConnectAsync("p");
        await subscriber.SubscribeAsync("a", QualityOfService.AtLeastOnce);
        await publisher.PublishAsync("a", "held", QualityOfService.AtLeastOnce);
        var held = (await subscriber.ExpectPublishAsync("held")).PacketIdentifier;
        var seen = new HashSet<ushort>();

        for (var round = 0; round < 66; round++)
        {
            await publisher.SendTogetherAsync(Enumerable.Range(1, 1000).Select(i => (object)Publish("a", qos: 1, id: (ushort)i)));
            List<object> acks = [];
            for (var i = 0; i < 1000; i++)
            {
                var id = (await subscriber.ExpectPublishAsync("x")).PacketIdentifier;
                seen.Add(id);
                acks.Add(PubAck(id));
            }

            await subscriber.SendTogetherAsync(acks);
            for (var i = 1; i <= 1000; i++)
                await publisher.ExpectAckAsync(PubAck((ushort)i));
        }

        seen.Count.ShouldBe(ushort.MaxValue - 1);
        seen.ShouldNotContain(held);
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-4.3.3-4")]
    [Trait("Statement", "MQTT311-4.3.3-1")]
    [Trait("Statement", "MQTT5-2.2.1-5")]
    [Trait("Statement", "MQTT311-2.3.1-6")]
    public async Task PUBREC_is_answered_with_PUBREL_of_the_same_packet_identifier_every_time(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync("a", QualityOfService.ExactlyOnce);
        await client.PublishAsync("a", "x", QualityOfService.ExactlyOnce);
        var id = (await client.ExpectPublishAsync("x")).PacketIdentifier;

        await client.SendTogetherAsync(PubRec(id), PubRec(id));

        await client.ExpectAckAsync(PubRel(id));
        await client.ExpectAckAsync(PubRel(id));
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    public async Task PUBREC_of_an_unknown_packet_identifier_is_answered_with_PUBREL_not_found(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendAsync(PubRec(77));

        await client.ExpectAckAsync(PubRel(77, ReasonCode.PacketIdentifierNotFound));
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.3.3-4")]
    public async Task A_PUBREC_that_refuses_a_message_is_not_answered_even_if_there_is_none()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");

        await client.SendAsync(PubRec(77, ReasonCode.UnspecifiedError));

        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(PacketType.PubAck)]
    [InlineData(PacketType.PubComp)]
    public async Task An_acknowledgement_of_an_unknown_packet_identifier_is_let_pass(PacketType type)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");

        await client.SendAsync(new AckPacket(type, 77));

        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(1, PacketType.PubRec)]
    [InlineData(1, PacketType.PubComp)]
    [InlineData(2, PacketType.PubAck)]
    [InlineData(2, PacketType.PubComp)]
    [Trait("Statement", "MQTT5-4.3.2-3")]
    [Trait("Statement", "MQTT5-4.3.3-3")]
    public async Task An_acknowledgement_of_the_wrong_type_is_a_protocol_error(int qos, PacketType type)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a", (QualityOfService)qos);
        await client.PublishAsync("a", "x", (QualityOfService)qos);
        var id = (await client.ExpectPublishAsync("x")).PacketIdentifier;

        await client.SendAsync(new AckPacket(type, id));

        await client.ExpectDisconnectedAsync(ReasonCode.ProtocolError);
    }
}
