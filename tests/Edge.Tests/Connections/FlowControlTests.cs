using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

/// <summary>The receive maximum, both ways.</summary>
public sealed class FlowControlTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [Trait("Statement", "MQTT5-3.3.4-9")]
    [Trait("Statement", "MQTT5-4.9.0-1")]
    [Trait("Statement", "MQTT5-4.9.0-2")]
    public async Task No_more_messages_are_sent_than_the_client_takes_unacknowledged(int qos, bool durable)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var subscriber = await ConnectAsync(broker, receiveMaximum: 3, durable);
        await using var publisher = await broker.ConnectAsync("p");
        await subscriber.SubscribeAsync("a", (QualityOfService)qos);

        for (var i = 0; i < 5; i++)
            await publisher.PublishAsync("a", $"m{i}", (QualityOfService)qos);

        var first = await subscriber.ExpectPublishAsync("m0");
        await subscriber.ExpectPublishAsync("m1");
        await subscriber.ExpectPublishAsync("m2");
        await subscriber.ExpectNothingAsync();
        await CompleteAsync(subscriber, first);
        await subscriber.ExpectPublishAsync("m3");
        await subscriber.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Statement", "MQTT5-3.3.4-9")]
    public async Task PUBREC_alone_makes_no_room(bool durable)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var subscriber = await ConnectAsync(broker, receiveMaximum: 1, durable);
        await using var publisher = await broker.ConnectAsync("p");
        await subscriber.SubscribeAsync("a", QualityOfService.ExactlyOnce);
        await publisher.PublishAsync("a", "first", QualityOfService.ExactlyOnce);
        await publisher.PublishAsync("a", "second", QualityOfService.ExactlyOnce);
        var id = (await subscriber.ExpectPublishAsync("first")).PacketIdentifier;

        await subscriber.SendAsync(PubRec(id));

        await subscriber.ExpectAckAsync(PubRel(id));
        await subscriber.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Statement", "MQTT5-3.3.4-9")]
    [Trait("Statement", "MQTT5-4.3.3-4")]
    public async Task PUBREC_with_an_error_makes_room_and_is_not_answered(bool durable)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var subscriber = await ConnectAsync(broker, receiveMaximum: 1, durable);
        await using var publisher = await broker.ConnectAsync("p");
        await subscriber.SubscribeAsync("a", QualityOfService.ExactlyOnce);
        await publisher.PublishAsync("a", "first", QualityOfService.ExactlyOnce);
        await publisher.PublishAsync("a", "second", QualityOfService.ExactlyOnce);
        var id = (await subscriber.ExpectPublishAsync("first")).PacketIdentifier;

        await subscriber.SendAsync(PubRec(id, ReasonCode.UnspecifiedError));

        await subscriber.ExpectPublishAsync("second");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Statement", "MQTT5-3.3.4-10")]
    [Trait("Statement", "MQTT5-4.9.0-3")]
    public async Task Other_packets_pass_while_the_client_takes_no_more_messages(bool durable)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await ConnectAsync(broker, receiveMaximum: 1, durable);
        await client.SubscribeAsync("a", QualityOfService.AtLeastOnce);
        await client.SendAsync(Publish("a", "held", qos: 1, id: 1));
        await client.ExpectAckAndPublishAsync("held");
        await client.SendAsync(Publish("a", "waits", qos: 1, id: 2));
        await client.ExpectAckAsync(PubAck(2));

        await client.SubscribeAsync("b");
        await client.SendAsync(Publish("b", "QoS 0"));
        await client.ExpectPublishAsync("QoS 0");
        await client.UnsubscribeAsync("b");
        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_client_may_have_as_many_unacknowledged_as_the_broker_allows(int qos)
    {
        await using var broker = await TestBroker.StartAsync(Limited(3));
        await using var client = await broker.ConnectAsync("c");

        for (var round = 0; round < 2; round++)
        {
            await client.SendTogetherAsync(Enumerable.Range(1, 3).Select(i => (object)Publish("a", qos: qos, id: (ushort)i)));
            for (ushort i = 1; i <= 3; i++)
                await client.ExpectAckAsync(qos == 1 ? PubAck(i, ReasonCode.NoMatchingSubscribers) : PubRec(i, ReasonCode.NoMatchingSubscribers));
            if (qos == 1)
                continue;
            await client.SendTogetherAsync(PubRel(1), PubRel(2), PubRel(3));
            for (ushort i = 1; i <= 3; i++)
                await client.ExpectAckAsync(PubComp(i));
        }
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.3.4-7")]
    public async Task A_client_that_sends_more_is_told_receive_maximum_exceeded()
    {
        await using var broker = await TestBroker.StartAsync(Limited(2));
        await using var client = await broker.ConnectAsync("c");
        await client.SendTogetherAsync(Publish("a", qos: 2, id: 1), Publish("a", qos: 2, id: 2));
        await client.ExpectAckAsync(PubRec(1, ReasonCode.NoMatchingSubscribers));
        await client.ExpectAckAsync(PubRec(2, ReasonCode.NoMatchingSubscribers));

        await client.SendAsync(Publish("a", qos: 1, id: 3));

        await client.ExpectDisconnectedAsync(ReasonCode.ReceiveMaximumExceeded);
        broker.Quotas().Refusals(TenantLimit.ReceiveMaximum).ShouldBe(1);
    }

    [Fact]
    public async Task A_repetition_counts_once_towards_the_receive_maximum()
    {
        await using var broker = await TestBroker.StartAsync(Limited(1));
        await using var client = await broker.ConnectAsync("c");

        await client.SendTogetherAsync(Publish("a", qos: 2, id: 1), Publish("a", qos: 2, id: 1, dup: true));

        await client.ExpectAckAsync(PubRec(1, ReasonCode.NoMatchingSubscribers));
        await client.ExpectAckAsync(PubRec(1));
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task Before_MQTT_5_there_is_no_receive_maximum_to_exceed()
    {
        await using var broker = await TestBroker.StartAsync(Limited(1));
        await using var client = await broker.ConnectAsync("c", ProtocolVersion.Mqtt311);

        await client.SendTogetherAsync(Publish("a", qos: 2, id: 1), Publish("a", qos: 2, id: 2));

        await client.ExpectAckAsync(PubRec(1));
        await client.ExpectAckAsync(PubRec(2));
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.3.3-8")]
    public async Task A_QoS_2_message_over_the_receive_maximum_is_new_in_the_next_connection()
    {
        await using var broker = await TestBroker.StartAsync(Limited(1));
        await using var subscriber = await broker.ConnectAsync("s");
        await subscriber.SubscribeAsync("a");
        await using (var first = await broker.ResumeAsync("p"))
        {
            await first.SendTogetherAsync(Publish("a", "first", qos: 2, id: 1), Publish("a", "second", qos: 2, id: 2));
            await first.ExpectAckAsync(PubRec(1));
            await first.ExpectDisconnectedAsync(ReasonCode.ReceiveMaximumExceeded);
        }

        await using var second = await broker.ResumeAsync("p");
        await second.SendAsync(PubRel(1));
        await second.ExpectAckAsync(PubComp(1));
        await second.SendAsync(Publish("a", "second", qos: 2, id: 2, dup: true));
        await second.ExpectAckAsync(PubRec(2));

        await subscriber.ExpectPublishAsync("first");
        await subscriber.ExpectPublishAsync("second");
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.9.0-2")]
    public async Task What_an_earlier_connection_left_open_does_not_count_in_the_next()
    {
        await using var broker = await TestBroker.StartAsync(Limited(1));
        await using (var first = await broker.ResumeAsync("p"))
        {
            await first.SendAsync(Publish("a", qos: 2, id: 1));
            await first.ExpectAckAsync(PubRec(1, ReasonCode.NoMatchingSubscribers));
        }

        await using var second = await broker.ResumeAsync("p");
        await second.SendAsync(Publish("a", qos: 1, id: 2));

        await second.ExpectAckAsync(PubAck(2, ReasonCode.NoMatchingSubscribers));
    }

    private static Broker.Tenants.TenantOptions Limited(ushort receiveMaximum) =>
        TestBroker.Demo with { Limits = TestBroker.Demo.Limits with { ReceiveMaximum = receiveMaximum } };

    private static Task<MqttTestClient> ConnectAsync(TestBroker broker, ushort receiveMaximum, bool durable) => broker.ConnectAsync(
        new ConnectPacket { ClientIdentifier = "s", ReceiveMaximum = receiveMaximum, SessionExpiryInterval = durable ? 3600u : 0 });

    private static async Task CompleteAsync(MqttTestClient client, PublishMessage message)
    {
        if (message.QoS == QualityOfService.AtLeastOnce)
        {
            await client.SendAsync(PubAck(message.PacketIdentifier));
            return;
        }

        await client.SendAsync(PubRec(message.PacketIdentifier));
        await client.ExpectAckAsync(PubRel(message.PacketIdentifier));
        await client.SendAsync(PubComp(message.PacketIdentifier));
    }
}
