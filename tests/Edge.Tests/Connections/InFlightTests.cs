using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

/// <summary>QoS 1 and 2 exchanges that a lost connection interrupts, on both sides.</summary>
public sealed class InFlightTests
{
    private const QualityOfService QoS1 = QualityOfService.AtLeastOnce;
    private const QualityOfService QoS2 = QualityOfService.ExactlyOnce;

    public static TheoryData<ProtocolVersion> Versions => new(Enum.GetValues<ProtocolVersion>());

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-4.1.0-1")]
    [Trait("Statement", "MQTT5-4.4.0-1")]
    [Trait("Statement", "MQTT5-3.3.1-1")]
    [Trait("Statement", "MQTT311-4.1.0-1")]
    [Trait("Statement", "MQTT311-2.3.1-4")]
    [Trait("Statement", "MQTT311-4.4.0-1")]
    public async Task Messages_without_an_acknowledgement_are_sent_again_in_order_with_DUP_and_their_identifiers(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("publisher");
        await using var first = await DurableAsync(broker, version);
        await first.SubscribeAsync("a", QoS2);
        (string, ushort)[] sent = [];
        for (var i = 0; i < 4; i++)
        {
            await publisher.PublishAsync("a", $"{i}", i % 2 == 0 ? QoS1 : QoS2);
            var message = await first.ExpectAsync<PublishMessage>();
            message.Dup.ShouldBeFalse();
            sent = [.. sent, (message.Text, message.PacketIdentifier)];
        }

        await using var second = await DurableAsync(broker, version);

        foreach (var expected in sent)
        {
            var message = await second.ExpectMessageAsync();
            (message.Text, message.PacketIdentifier).ShouldBe(expected);
            message.Dup.ShouldBeTrue();
        }

        await second.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_message_that_was_acknowledged_is_not_sent_again(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var first = await DurableAsync(broker, version);
        await first.SubscribeAsync("a", QoS2);
        await first.PublishAsync("a", "1", QoS1);
        await first.PublishAsync("a", "2", QoS2);
        await first.ExpectMessageAsync();
        await first.ExpectMessageAsync();
        await first.DisconnectAsync();

        await using var second = await DurableAsync(broker, version);

        await second.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-2.2.1-5")]
    [Trait("Statement", "MQTT311-2.3.1-6")]
    public async Task A_message_of_QoS_2_that_was_received_is_followed_by_PUBREL_in_the_next_connection(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var first = await DurableAsync(broker, version);
        await first.SubscribeAsync("a", QoS2);
        await first.PublishAsync("a", "x", QoS2);
        var message = await first.ExpectAsync<PublishMessage>();
        await first.SendAsync(new AckPacket(PacketType.PubRec, message.PacketIdentifier));
        (await first.ExpectAsync<AckPacket>()).Type.ShouldBe(PacketType.PubRel);

        await using var second = await DurableAsync(broker, version);

        (await second.ExpectAsync<AckPacket>()).ShouldBe(new AckPacket(PacketType.PubRel, message.PacketIdentifier));
        await second.SendAsync(new AckPacket(PacketType.PubComp, message.PacketIdentifier));
        await second.ExpectNothingAsync();
        broker.Counters.InboxMessages.Value.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-4.1.0-1")]
    [Trait("Statement", "MQTT311-4.1.0-1")]
    public async Task A_message_of_QoS_2_that_is_sent_again_in_the_next_connection_is_not_published_twice(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var watcher = await broker.ConnectAsync("watcher");
        await watcher.SubscribeAsync("a", QoS2);
        var message = new PublishMessage { Topic = "a", QoS = QoS2, PacketIdentifier = 7, Payload = "x"u8.ToArray() };
        await using var first = await DurableAsync(broker, version);
        await first.SendAsync(message);
        await first.ExpectAsync<AckPacket>();

        await using var second = await DurableAsync(broker, version);
        await second.SendAsync(message with { Dup = true });
        (await second.ExpectAsync<AckPacket>()).ShouldBe(new AckPacket(PacketType.PubRec, 7));
        await second.SendAsync(new AckPacket(PacketType.PubRel, 7));
        (await second.ExpectAsync<AckPacket>()).ShouldBe(new AckPacket(PacketType.PubComp, 7));

        await watcher.ExpectMessageAsync();
        await watcher.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_PUBREL_is_answered_in_the_next_connection_and_frees_the_identifier(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var watcher = await broker.ConnectAsync("watcher");
        await watcher.SubscribeAsync("a", QoS2);
        var message = new PublishMessage { Topic = "a", QoS = QoS2, PacketIdentifier = 7, Payload = "x"u8.ToArray() };
        await using var first = await DurableAsync(broker, version);
        await first.SendAsync(message);
        await first.ExpectAsync<AckPacket>();

        await using var second = await DurableAsync(broker, version);
        await second.SendAsync(new AckPacket(PacketType.PubRel, 7));
        (await second.ExpectAsync<AckPacket>()).ShouldBe(new AckPacket(PacketType.PubComp, 7));
        await second.PublishAsync(message);

        await watcher.ExpectMessageAsync();
        await watcher.ExpectMessageAsync();
        await watcher.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-4")]
    public async Task A_clean_start_forgets_the_identifiers_of_both_sides()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var first = await broker.ConnectAsync("c", expiry: 100);
        await first.SubscribeAsync("a", QoS2);
        var message = new PublishMessage { Topic = "a", QoS = QoS2, PacketIdentifier = 7 };
        await first.SendAsync(message);
        await first.ReceiveAsync();

        await using var second = await broker.ConnectAsync("c", cleanStart: true, expiry: 100);
        await second.ExpectNothingAsync();
        await second.SendAsync(new AckPacket(PacketType.PubRel, 7));

        (await second.ExpectAsync<AckPacket>()).ShouldBe(new AckPacket(PacketType.PubComp, 7, ReasonCode.PacketIdentifierNotFound));
    }

    [Fact]
    public async Task A_session_that_is_not_durable_sends_nothing_again()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var first = await broker.ConnectAsync("c");
        await first.SubscribeAsync("a", QoS1);
        await first.SendAsync(new PublishMessage { Topic = "a", QoS = QoS1, PacketIdentifier = 1 });
        await first.ReceiveAsync();

        await using var second = await broker.ConnectAsync("c", cleanStart: false);

        await second.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-25")]
    public async Task A_message_too_large_for_the_next_connection_is_dropped_and_those_behind_it_arrive()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("publisher");
        await using (var before = await broker.ConnectAsync("c", expiry: 100))
        {
            await before.SubscribeAsync("a", QoS1);
            await before.DisconnectAsync();
        }

        await publisher.PublishAsync("a", new string('x', 1000), QoS1);
        await publisher.PublishAsync("a", "small", QoS1);
        await using var client = await broker.OpenAsync();
        await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", CleanStart = false, SessionExpiryInterval = 100, MaximumPacketSize = 500 });

        (await client.ExpectMessageAsync()).Text.ShouldBe("small");
        await client.ExpectNothingAsync();
        broker.Counters.DroppedTooLarge.Value.ShouldBe(1);
        broker.Counters.InboxMessages.Value.ShouldBe(0);
    }

    [Fact]
    public async Task What_is_sent_again_keeps_to_the_receive_maximum_of_the_next_connection()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("publisher");
        await using var first = await broker.ConnectAsync("c", expiry: 100);
        await first.SubscribeAsync("a", QoS1);
        for (var i = 0; i < 5; i++)
        {
            await publisher.PublishAsync("a", $"{i}", QoS1);
            await first.ExpectAsync<PublishMessage>();
        }

        await using var second = await broker.OpenAsync();
        await second.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", CleanStart = false, SessionExpiryInterval = 100, ReceiveMaximum = 2 });
        await second.ExpectAsync<PublishMessage>();
        await second.ExpectAsync<PublishMessage>();

        await second.ExpectNothingAsync();
    }

    private static Task<MqttTestClient> DurableAsync(TestBroker broker, ProtocolVersion version) =>
        broker.ConnectAsync("c", version, cleanStart: false, version == ProtocolVersion.Mqtt5 ? 100 : null);
}
