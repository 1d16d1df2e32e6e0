using Starling.Protocol;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

/// <summary>Answers carry the packet identifiers of what they answer, in order.</summary>
public sealed class PacketIdentifierTests
{
    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-2.2.1-6")]
    [Trait("Statement", "MQTT311-2.3.1-7")]
    public async Task SUBACK_and_UNSUBACK_carry_the_packet_identifier_of_their_request(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendTogetherAsync(
            new SubscribePacket { PacketIdentifier = 65535, Subscriptions = [new("a", new(QualityOfService.AtMostOnce))] },
            new UnsubscribePacket { PacketIdentifier = 256, TopicFilters = ["a"] });

        (await client.ExpectAsync<SubAckPacket>()).PacketIdentifier.ShouldBe((ushort)65535);
        (await client.ExpectAsync<UnsubAckPacket>()).PacketIdentifier.ShouldBe((ushort)256);
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, false)]
    [InlineData(ProtocolVersion.Mqtt311, true)]
    [InlineData(ProtocolVersion.Mqtt5, false)]
    [InlineData(ProtocolVersion.Mqtt5, true)]
    [Trait("Statement", "MQTT5-4.6.0-4")]
    [Trait("Statement", "MQTT311-4.6.0-4")]
    public async Task PUBRELs_come_in_the_order_of_the_PUBRECs(ProtocolVersion version, bool durable)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var subscriber = durable ? await broker.ResumeAsync("s", version) : await broker.ConnectAsync("s", version);
        await using var publisher = await broker.ConnectAsync("p");
        await subscriber.SubscribeAsync("a", QualityOfService.ExactlyOnce);
        List<ushort> ids = [];
        for (var i = 0; i < 4; i++)
        {
            await publisher.PublishAsync("a", "x", QualityOfService.ExactlyOnce);
            ids.Add((await subscriber.ExpectPublishAsync("x")).PacketIdentifier);
        }

        ids.Reverse();
        await subscriber.SendTogetherAsync(ids.Select(id => (object)PubRec(id)));

        foreach (var id in ids)
            await subscriber.ExpectAckAsync(PubRel(id));
    }
}
