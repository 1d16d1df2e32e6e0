using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

/// <summary>What a durable session's client gets again after it comes back, and what the broker still knows of what it sent.</summary>
public sealed class DeliveryRetryTests
{
    [Theory]
    [InlineData(ProtocolVersion.Mqtt31)]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-4.4.0-1")]
    [Trait("Statement", "MQTT311-4.4.0-1")]
    [Trait("Statement", "MQTT5-3.3.1-1")]
    [Trait("Statement", "MQTT311-3.3.1-1")]
    [Trait("Statement", "MQTT5-4.3.2-3")]
    [Trait("Statement", "MQTT5-4.3.3-3")]
    [Trait("Statement", "MQTT5-4.6.0-1")]
    [Trait("Statement", "MQTT311-4.6.0-1")]
    [Trait("Statement", "MQTT5-4.5.0-1")]
    [Trait("Statement", "MQTT311-4.5.0-1")]
    public async Task Unacknowledged_messages_come_again_with_DUP_their_identifiers_and_in_order(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        List<(string, ushort)> sent = [];
        await using (var first = await broker.ResumeAsync("s", version))
        {
            await first.SubscribeAsync("a", QualityOfService.ExactlyOnce);
            for (var i = 0; i < 6; i++)
            {
                await publisher.PublishAsync("a", $"m{i}", (QualityOfService)(1 + (i % 2)));
                var message = await first.ExpectPublishAsync($"m{i}");
                message.Dup.ShouldBeFalse();
                sent.Add((message.Text, message.PacketIdentifier));
            }
        }

        await using var again = await broker.ResumeAsync("s", version);

        foreach (var (text, id) in sent)
        {
            var message = await again.ExpectPublishAsync(text);
            message.PacketIdentifier.ShouldBe(id);
            message.Dup.ShouldBeTrue();
        }

        await again.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.4.0-1")]
    public async Task Nothing_is_sent_again_while_the_connection_lasts()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var client = await broker.ResumeAsync("s");
        await client.SubscribeAsync("a", QualityOfService.ExactlyOnce);
        await client.PublishAsync("a", "x", QualityOfService.ExactlyOnce);
        await client.ExpectPublishAsync("x");

        time.Advance(TimeSpan.FromMinutes(10));

        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-4.4.0-1")]
    [Trait("Statement", "MQTT311-4.4.0-1")]
    [Trait("Statement", "MQTT5-4.3.3-5")]
    [Trait("Statement", "MQTT5-4.3.3-6")]
    [Trait("Statement", "MQTT311-4.3.3-1")]
    public async Task After_PUBREC_it_is_PUBREL_that_comes_again(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        ushort id;
        await using (var first = await broker.ResumeAsync("s", version))
        {
            await first.SubscribeAsync("a", QualityOfService.ExactlyOnce);
            await publisher.PublishAsync("a", "x", QualityOfService.ExactlyOnce);
            id = (await first.ExpectPublishAsync("x")).PacketIdentifier;
            await first.SendAsync(PubRec(id));
            await first.ExpectAckAsync(PubRel(id));
        }

        await using (var second = await broker.ResumeAsync("s", version))
        {
            await second.ExpectAckAsync(PubRel(id));
            await second.SendAsync(PubComp(id));
            await second.ExpectNothingAsync();
        }

        await using var third = await broker.ResumeAsync("s", version);
        await third.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(1, PacketType.PubAck, ReasonCode.Success)]
    [InlineData(1, PacketType.PubAck, ReasonCode.UnspecifiedError)]
    [InlineData(2, PacketType.PubRec, ReasonCode.QuotaExceeded)]
    [Trait("Statement", "MQTT5-4.4.0-2")]
    public async Task An_acknowledged_message_does_not_come_again_whatever_the_reason(int qos, PacketType type, ReasonCode reason)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using (var first = await broker.ResumeAsync("s"))
        {
            await first.SubscribeAsync("a", QualityOfService.ExactlyOnce);
            await publisher.PublishAsync("a", "x", (QualityOfService)qos);
            var id = (await first.ExpectPublishAsync("x")).PacketIdentifier;
            await first.SendAsync(new AckPacket(type, id, reason));
            await first.ExpectNothingAsync();
        }

        await using var again = await broker.ResumeAsync("s");
        await again.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_clean_start_gets_nothing_again()
    {
        await using var broker = await TestBroker.StartAsync();
        await using (var first = await broker.ResumeAsync("s"))
        {
            await first.SubscribeAsync("a", QualityOfService.AtLeastOnce);
            await first.PublishAsync("a", "x", QualityOfService.AtLeastOnce);
            await first.ExpectPublishAsync("x");
        }

        await using var again = await broker.ConnectAsync("s");

        await again.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-4.5.0-1")]
    [Trait("Statement", "MQTT311-4.5.0-1")]
    [Trait("Statement", "MQTT5-3.3.1-1")]
    public async Task What_came_while_the_client_was_away_is_delivered_in_order_without_DUP(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using (var first = await broker.ResumeAsync("s", version))
        {
            await first.SubscribeAsync("a", QualityOfService.ExactlyOnce);
            await first.DisconnectAsync();
        }

        await using var publisher = await broker.ConnectAsync("p");
        for (var i = 0; i < 10; i++)
            await publisher.PublishAsync("a", $"m{i}", (QualityOfService)(1 + (i % 2)));
        await using var again = await broker.ResumeAsync("s", version);

        for (var i = 0; i < 10; i++)
        {
            var message = await again.ExpectPublishAsync($"m{i}");
            message.Dup.ShouldBeFalse();
            message.QoS.ShouldBe((QualityOfService)(1 + (i % 2)));
        }
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, false)]
    [InlineData(ProtocolVersion.Mqtt311, true)]
    [InlineData(ProtocolVersion.Mqtt5, false)]
    [InlineData(ProtocolVersion.Mqtt5, true)]
    [Trait("Statement", "MQTT5-4.3.3-10")]
    [Trait("Statement", "MQTT311-4.3.3-2")]
    public async Task A_QoS_2_message_that_comes_again_in_a_later_connection_is_delivered_once(ProtocolVersion version, bool dup)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var subscriber = await broker.ConnectAsync("s");
        await subscriber.SubscribeAsync("a", QualityOfService.ExactlyOnce);
        await using (var first = await broker.ResumeAsync("p", version))
        {
            await first.SendAsync(Publish("a", "x", qos: 2, id: 8));
            await first.ExpectAckAsync(PubRec(8));
        }

        await using (var second = await broker.ResumeAsync("p", version))
        {
            await second.SendAsync(Publish("a", "x", qos: 2, id: 8, dup: dup));
            await second.ExpectAckAsync(PubRec(8));
            await second.SendAsync(PubRel(8));
            await second.ExpectAckAsync(PubComp(8));
        }

        await using var third = await broker.ResumeAsync("p", version);
        await third.SendAsync(PubRel(8));
        await third.ExpectAckAsync(PubComp(8, ReasonCode.PacketIdentifierNotFound));
        await subscriber.ExpectMessageAsync();
        await subscriber.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_clean_start_forgets_the_QoS_2_packet_identifiers()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var subscriber = await broker.ConnectAsync("s");
        await subscriber.SubscribeAsync("a");
        await using (var first = await broker.ResumeAsync("p"))
        {
            await first.SendAsync(Publish("a", "first", qos: 2, id: 8));
            await first.ExpectAckAsync(PubRec(8));
        }

        await using var clean = await broker.ConnectAsync("p");
        await clean.SendAsync(Publish("a", "second", qos: 2, id: 8));
        await clean.ExpectAckAsync(PubRec(8));

        await subscriber.ExpectPublishAsync("first");
        await subscriber.ExpectPublishAsync("second");
    }

    [Fact]
    public async Task A_taken_over_session_sends_its_unacknowledged_messages_on_the_new_connection()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var first = await broker.ResumeAsync("s");
        await first.SubscribeAsync("a", QualityOfService.AtLeastOnce);
        await first.PublishAsync("a", "x", QualityOfService.AtLeastOnce);
        await first.ExpectPublishAsync("x");

        await using var second = await broker.ResumeAsync("s");

        (await second.ExpectPublishAsync("x")).Dup.ShouldBeTrue();
        await first.ExpectDisconnectedAsync(ReasonCode.SessionTakenOver);
    }
}
