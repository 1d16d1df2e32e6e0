using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

public sealed class PacketIdentifierTests
{
    public static TheoryData<ProtocolVersion> Versions => new(Enum.GetValues<ProtocolVersion>());

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, new byte[] { 0x30, 4, 0, 1, (byte)'a', (byte)'x' })]
    [InlineData(ProtocolVersion.Mqtt5, new byte[] { 0x30, 5, 0, 1, (byte)'a', 0, (byte)'x' })]
    [Trait("Statement", "MQTT5-2.2.1-2")]
    [Trait("Statement", "MQTT311-2.3.1-5")]
    public async Task A_message_of_QoS_0_has_none(ProtocolVersion version, byte[] expected)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync("a");

        await client.PublishAsync("a", "x");

        (await client.ReceiveAsync()).Bytes.ShouldBe(expected);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-2.2.1-4")]
    [Trait("Statement", "MQTT311-2.3.1-4")]
    public async Task Messages_that_are_not_acknowledged_have_different_ones(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync("a", QualityOfService.ExactlyOnce);
        await using var publisher = await broker.ConnectAsync("publisher");

        var identifiers = new List<ushort>();
        for (var i = 0; i < 10; i++)
        {
            await publisher.PublishAsync("a", "x", i % 2 == 0 ? QualityOfService.AtLeastOnce : QualityOfService.ExactlyOnce);
            identifiers.Add((await client.ExpectAsync<PublishMessage>()).PacketIdentifier);
        }

        identifiers.ShouldBeUnique();
        identifiers.ShouldNotContain((ushort)0);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-2.2.1-6")]
    [Trait("Statement", "MQTT311-2.3.1-7")]
    public async Task SUBACK_and_UNSUBACK_have_that_of_their_request(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendAsync(new SubscribePacket { PacketIdentifier = 65535, Subscriptions = [new("a", default)] });
        await client.SendAsync(new UnsubscribePacket { PacketIdentifier = 300, TopicFilters = ["a"] });

        (await client.ExpectAsync<SubAckPacket>()).PacketIdentifier.ShouldBe((ushort)65535);
        (await client.ExpectAsync<UnsubAckPacket>()).PacketIdentifier.ShouldBe((ushort)300);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData((ushort)0, 0)]
    [InlineData((ushort)2, 2)]
    [Trait("Statement", "MQTT5-3.1.2-26")]
    [Trait("Statement", "MQTT5-3.1.2-27")]
    public async Task The_broker_uses_no_more_topic_aliases_than_the_client_allows(ushort? maximum, int used)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync();
        await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", TopicAliasMaximum = maximum });
        await client.SubscribeAsync("#");

        var aliases = new HashSet<int>();
        for (var i = 0; i < 5; i++)
        {
            await client.PublishAsync($"topic/{i}", "x");
            aliases.Add((await client.ExpectMessageAsync()).Properties.TopicAlias ?? 0);
        }

        aliases.Remove(0);
        aliases.ShouldBe(Enumerable.Range(1, used), ignoreOrder: true);
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
