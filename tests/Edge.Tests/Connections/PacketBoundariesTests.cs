using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

/// <summary>Packets in pieces, packets together, and large ones.</summary>
public sealed class PacketBoundariesTests
{
    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    public async Task Packets_may_come_one_byte_at_a_time(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync(version);
        object[] packets =
        [
            new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "c" },
            new SubscribePacket { PacketIdentifier = 1, Subscriptions = [new("a", new(QualityOfService.AtMostOnce))] },
            Publish("a", new string('x', 150), qos: 2, id: 2),
            PubRel(2),
            new PingReqPacket(),
        ];

        foreach (var piece in packets.SelectMany(packet => AnyPacket.Encode(packet, version)))
            await client.SendAsync([piece]);

        await client.ExpectAsync<ConnAckPacket>();
        await client.ExpectAsync<SubAckPacket>();
        await client.ExpectAckAndPublishAsync(new string('x', 150));
        await client.ExpectAckAsync(PubComp(2));
        await client.ExpectAsync<PingRespPacket>();
    }

    [Theory]
    [InlineData(32 * 1024)]
    [InlineData((32 * 1024) + 1)]
    [InlineData(100_000)]
    [InlineData((1024 * 1024) - 8)]
    public async Task Large_payloads_arrive_whole_at_every_QoS(int size)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a", QualityOfService.ExactlyOnce);
        var payload = new byte[size - 10];
        new Random(1).NextBytes(payload);

        for (var qos = 0; qos <= 2; qos++)
        {
            await client.PublishAsync(Publish("a") with { Payload = payload, QoS = (QualityOfService)qos });
            (await client.ExpectMessageAsync()).Payload.ToArray().ShouldBe(payload);
        }
    }

    [Fact]
    public async Task A_large_packet_may_come_in_pieces_with_small_ones_around_it()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a");
        byte[] stream =
        [
            .. AnyPacket.Encode(Publish("a", "before"), ProtocolVersion.Mqtt5),
            .. AnyPacket.Encode(Publish("a", new string('x', 50_000)), ProtocolVersion.Mqtt5),
            .. AnyPacket.Encode(Publish("a", "after"), ProtocolVersion.Mqtt5),
        ];

        foreach (var piece in stream.Chunk(777))
            await client.SendAsync(piece);

        await client.ExpectPublishAsync("before");
        await client.ExpectPublishAsync(new string('x', 50_000));
        await client.ExpectPublishAsync("after");
    }

    /// <summary>Wherever the broker's buffers end, a packet of two bytes that lies across is answered without another behind it.</summary>
    [Fact]
    public async Task A_packet_without_a_body_is_answered_wherever_it_is_cut()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");

        for (var length = 4080; length < 4112; length++)
        {
            await client.SendTogetherAsync(Publish("a", new string('x', length - 7)), new PingReqPacket());
            await client.ExpectAsync<PingRespPacket>();
        }

        for (var i = 0; i < 200; i++)
        {
            await client.SendTogetherAsync(Publish("a", new string('x', 30)), new PingReqPacket());
            await client.ExpectAsync<PingRespPacket>();
        }
    }

    [Fact]
    public async Task Many_packets_in_one_write_are_all_carried_out_in_order()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var subscriber = await broker.ConnectAsync("s");
        await subscriber.SubscribeAsync("a");
        await using var client = await broker.OpenAsync();

        await client.SendTogetherAsync(
            new ConnectPacket { ClientIdentifier = "c" },
            Publish("b", "nobody yet"),
            new SubscribePacket { PacketIdentifier = 1, Subscriptions = [new("b", new(QualityOfService.AtMostOnce))] },
            Publish("b", "mine", qos: 1, id: 2),
            Publish("a", "theirs", qos: 2, id: 3),
            PubRel(3),
            new UnsubscribePacket { PacketIdentifier = 4, TopicFilters = ["b"] },
            Publish("b", "nobody any more", qos: 1, id: 5),
            Publish("a", "last"),
            new DisconnectPacket(),
            Publish("a", "too late"));

        await client.ExpectAsync<ConnAckPacket>();
        await client.ExpectAsync<SubAckPacket>();
        List<object> received = [];
        for (var i = 0; i < 4; i++)
            received.Add((await client.ReceiveAsync()).Packet);
        received.OfType<PublishMessage>().ShouldHaveSingleItem().Text.ShouldBe("mine");
        received.OfType<AckPacket>().Select(ack => ack.Type).ShouldBe([PacketType.PubAck, PacketType.PubRec, PacketType.PubComp]);
        await client.ExpectAsync<UnsubAckPacket>();
        await client.ExpectAckAsync(PubAck(5, ReasonCode.NoMatchingSubscribers));
        await client.ExpectClosedAsync();
        await subscriber.ExpectPublishAsync("theirs");
        await subscriber.ExpectPublishAsync("last");
        await subscriber.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    public async Task What_comes_before_a_malformed_packet_is_carried_out(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var subscriber = await broker.ConnectAsync("s", version);
        await subscriber.SubscribeAsync("a");
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendTogetherAsync(
            Publish("a", "good", qos: 1, id: 1), Publish("a", "also good", qos: 2, id: 2), Raw.Packet(0x36, 0, 1, (byte)'a'), Publish("a", "behind"));

        await client.ExpectAckAsync(PubAck(1));
        await client.ExpectAckAsync(PubRec(2));
        await client.ExpectDisconnectedAsync(ReasonCode.MalformedPacket);
        await subscriber.ExpectPublishAsync("good");
        await subscriber.ExpectPublishAsync("also good");
        await subscriber.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_packet_that_is_too_large_is_refused_at_its_header()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");

        await client.SendAsync([0x30, 0xFF, 0xFF, 0xFF, 0x7F]);

        await client.ExpectDisconnectedAsync(ReasonCode.PacketTooLarge);
    }
}
