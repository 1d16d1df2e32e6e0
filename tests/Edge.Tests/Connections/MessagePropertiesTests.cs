using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

/// <summary>What a message carries reaches every subscriber byte for byte.</summary>
public sealed class MessagePropertiesTests
{
    /// <summary>Everything that is forwarded, in an order of the sender's own, with repeated and empty user properties.</summary>
    private static readonly byte[] Forwarded =
    [
        .. Raw.UserProperty("b", "1"), 9, .. Raw.Data(0, 255, 0), 1, 1, .. Raw.UserProperty("a", "2"), 3, .. Raw.Text("text/plain"),
        .. Raw.UserProperty("b", "1"), 8, .. Raw.Text("reply/to"), .. Raw.UserProperty("", ""), .. Raw.UserProperty("ü", "😀"),
    ];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("Statement", "MQTT5-3.3.2-4")]
    [Trait("Statement", "MQTT5-3.3.2-15")]
    [Trait("Statement", "MQTT5-3.3.2-16")]
    [Trait("Statement", "MQTT5-3.3.2-17")]
    [Trait("Statement", "MQTT5-3.3.2-18")]
    [Trait("Statement", "MQTT5-3.3.2-20")]
    public async Task Properties_are_forwarded_byte_for_byte_and_in_order(int qos)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a", QualityOfService.ExactlyOnce);

        await client.PublishAsync(Message() with { QoS = (QualityOfService)qos });

        var received = await client.ExpectAsync<PublishMessage>();
        received.RawForwardedProperties!.Value.ToArray().ShouldBe(Forwarded);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Statement", "MQTT5-3.3.2-17")]
    [Trait("Statement", "MQTT5-3.3.2-18")]
    public async Task Properties_survive_being_retained_and_waiting_in_an_inbox(bool retained)
    {
        await using var broker = await TestBroker.StartAsync();
        await using (var first = await broker.ResumeAsync("s"))
        {
            if (!retained)
                await first.SubscribeAsync("a", QualityOfService.AtLeastOnce);
            await first.DisconnectAsync();
        }

        await using var publisher = await broker.ConnectAsync("p");
        await publisher.PublishAsync(Message() with { QoS = QualityOfService.AtLeastOnce, Retain = retained });
        await using var second = await broker.ResumeAsync("s");
        if (retained)
            await second.SubscribeAsync("a", QualityOfService.AtLeastOnce);

        (await second.ExpectAsync<PublishMessage>()).RawForwardedProperties!.Value.ToArray().ShouldBe(Forwarded);
    }

    [Fact]
    public async Task Alias_and_expiry_of_the_publisher_are_taken_out_from_between_the_others()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a");
        byte[] properties = [.. Raw.UserProperty("b", "1"), 35, 0, 1, .. Raw.UserProperty("a", "2"), 2, 0, 0, 0, 9, 1, 1];

        await client.SendAsync(Raw.Packet(0x30, [.. Raw.Text("a"), .. Raw.Props(properties), 1, 2]));

        var received = await client.ReceiveAsync();
        byte[] expected = [2, 0, 0, 0, 9, .. Raw.UserProperty("b", "1"), .. Raw.UserProperty("a", "2"), 1, 1];
        received.Bytes.ShouldBe(Raw.Packet(0x30, [.. Raw.Text("a"), .. Raw.Props(expected), 1, 2]));
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt31)]
    [InlineData(ProtocolVersion.Mqtt311)]
    public async Task Older_clients_get_the_message_without_properties(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using var subscriber = await broker.ConnectAsync("s", version);
        await subscriber.SubscribeAsync("a");

        await publisher.SendAsync(Message());

        (await subscriber.ReceiveAsync()).Bytes.ShouldBe(Raw.Packet(0x30, [.. Raw.Text("a"), 1, 2, 3]));
    }

    [Fact]
    public async Task A_message_of_an_older_client_has_no_properties()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p", ProtocolVersion.Mqtt311);
        await using var subscriber = await broker.ConnectAsync("s");
        await subscriber.SubscribeAsync("a");

        await publisher.SendAsync(Publish("a", "x"));

        (await subscriber.ReceiveAsync()).Bytes.ShouldBe(Raw.Packet(0x30, [.. Raw.Text("a"), 0, (byte)'x']));
    }

    [Fact]
    public async Task A_payload_that_is_not_what_its_format_says_is_forwarded_as_it_is()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a");
        var packet = Raw.Packet(0x30, [.. Raw.Text("a"), .. Raw.Props(1, 1), 0xFF, 0xFE]);

        await client.SendAsync(packet);

        (await client.ReceiveAsync()).Bytes.ShouldBe(packet);
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-3.3.2-3")]
    [Trait("Statement", "MQTT311-3.3.2-3")]
    public async Task The_topic_is_forwarded_as_it_is(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync("#");
        string[] topics = ["/", "a//b", " a / b ", "ü/😀", "\uFEFFa", "A/a"];

        await client.SendTogetherAsync(topics.Select(topic => (object)Publish(topic)));

        foreach (var topic in topics)
            (await client.ExpectAsync<PublishMessage>()).Topic.ShouldBe(topic);
    }

    [Fact]
    public async Task A_message_without_payload_is_delivered()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a");

        await client.SendAsync(Publish("a", ""));

        (await client.ExpectPublishAsync("")).Retain.ShouldBeFalse();
    }

    private static PublishMessage Message() => new() { Topic = "a", Payload = new byte[] { 1, 2, 3 }, RawForwardedProperties = Forwarded };
}
