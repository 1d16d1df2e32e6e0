using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

/// <summary>What the server does with SUBSCRIBE and UNSUBSCRIBE packets that break the protocol.</summary>
public sealed class MalformedSubscriptionTests
{
    public static IEnumerable<TheoryDataRow<string>> Refused() =>
        from packet in PacketCatalogue.Refused
        where packet.Sender == PublishSender.Client && packet.Bytes[0] >> 4 is 8 or 10
        select new TheoryDataRow<string>(packet.Name) { Traits = { ["Statement"] = [.. packet.QualifiedStatements] } };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task The_connection_is_closed_with_the_reason_and_nothing_is_subscribed(string name)
    {
        var packet = PacketCatalogue.Named(name);
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", packet.Version);

        await client.SendAsync(packet.Bytes);

        await client.ExpectDisconnectedAsync(packet.Expectation.RefusedWith!.Value);
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, 0x80)]
    [InlineData(ProtocolVersion.Mqtt311, 0x83)]
    [InlineData(ProtocolVersion.Mqtt5, 0x80)]
    [InlineData(ProtocolVersion.Mqtt5, 0x8A)]
    [Trait("Statement", "MQTT5-3.8.1-1")]
    [Trait("Statement", "MQTT311-3.8.1-1")]
    [Trait("Statement", "MQTT311-4.8.0-1")]
    public async Task SUBSCRIBE_with_wrong_flags_is_malformed(ProtocolVersion version, byte first)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendAsync(WithFirstByte(new SubscribePacket { PacketIdentifier = 1, Subscriptions = [Subscriptions.To("a")] }, version, first));

        await client.ExpectDisconnectedAsync(ReasonCode.MalformedPacket);
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, 0xA0)]
    [InlineData(ProtocolVersion.Mqtt311, 0xA3)]
    [InlineData(ProtocolVersion.Mqtt5, 0xA0)]
    [InlineData(ProtocolVersion.Mqtt5, 0xAA)]
    [Trait("Statement", "MQTT5-3.10.1-1")]
    [Trait("Statement", "MQTT311-3.10.1-1")]
    [Trait("Statement", "MQTT311-4.8.0-1")]
    public async Task UNSUBSCRIBE_with_wrong_flags_is_malformed(ProtocolVersion version, byte first)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendAsync(WithFirstByte(new UnsubscribePacket { PacketIdentifier = 1, TopicFilters = ["a"] }, version, first));

        await client.ExpectDisconnectedAsync(ReasonCode.MalformedPacket);
    }

    [Theory]
    [InlineData("a/+")]
    [InlineData("a/#")]
    [InlineData("+")]
    [InlineData("a#")]
    [Trait("Statement", "MQTT5-4.7.0-1")]
    [Trait("Statement", "MQTT311-4.7.1-1")]
    public async Task A_topic_name_with_a_wildcard_ends_the_connection(string topic)
    {
        await using var broker = await TestBroker.StartAsync();
        foreach (var version in new[] { ProtocolVersion.Mqtt311, ProtocolVersion.Mqtt5 })
        {
            await using var client = await broker.ConnectAsync("c", version);

            await client.SendAsync(new PublishMessage { Topic = topic, Payload = "1"u8.ToArray() });

            await client.ExpectDisconnectedAsync(ReasonCode.TopicNameInvalid);
        }
    }

    private static byte[] WithFirstByte(object packet, ProtocolVersion version, byte first)
    {
        var bytes = AnyPacket.Encode(packet, version);
        bytes[0] = first;
        return bytes;
    }
}
