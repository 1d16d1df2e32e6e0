using System.Globalization;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

public sealed class MessageOrderTests
{
    private const int Messages = 3000;

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, false)]
    [InlineData(ProtocolVersion.Mqtt5, false)]
    [InlineData(ProtocolVersion.Mqtt311, true)]
    [InlineData(ProtocolVersion.Mqtt5, true)]
    [Trait("Statement", "MQTT5-4.6.0-5")]
    [Trait("Statement", "MQTT5-4.6.0-6")]
    [Trait("Statement", "MQTT311-4.6.0-5")]
    [Trait("Statement", "MQTT311-4.6.0-6")]
    public async Task Pipelined_messages_of_mixed_QoS_keep_their_order_per_topic_and_QoS(ProtocolVersion version, bool durable)
    {
        await using var broker = await TestBroker.StartAsync(
            TestBroker.Demo with { Limits = TestBroker.Demo.Limits with { ReceiveMaximum = ushort.MaxValue } });
        await using var subscriber = durable ? await broker.ResumeAsync("s", version) : await broker.ConnectAsync("s", version);
        await using var publisher = await broker.ConnectAsync("p");
        await subscriber.SubscribeAsync("#", QualityOfService.ExactlyOnce);

        var packets = Enumerable.Range(0, Messages).Select(i => (object)Publish(
            $"t{i % 5}", i.ToString(CultureInfo.InvariantCulture), qos: i % 3, id: (ushort)(i % 3 == 0 ? 0 : i + 1))).ToArray();
        for (var at = 0; at < Messages; at += 300)
            await publisher.SendTogetherAsync(packets[at..(at + 300)]);

        var last = new Dictionary<(string, QualityOfService), int>();
        for (var received = 0; received < Messages;)
        {
            var packet = (await subscriber.ReceiveAsync()).Packet;
            if (packet is AckPacket { Type: PacketType.PubRel } release)
                await subscriber.SendAsync(PubComp(release.PacketIdentifier));
            if (packet is not PublishMessage message)
                continue;
            received++;
            var number = int.Parse(message.Text, CultureInfo.InvariantCulture);
            number.ShouldBeGreaterThan(last.GetValueOrDefault((message.Topic, message.QoS), -1));
            last[(message.Topic, message.QoS)] = number;
            if (message.QoS > 0)
                await subscriber.SendAsync(message.QoS == QualityOfService.AtLeastOnce ? PubAck(message.PacketIdentifier) : PubRec(message.PacketIdentifier));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Order_holds_while_the_client_takes_one_message_at_a_time(bool durable)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var subscriber = await broker.ConnectAsync(
            new ConnectPacket { ClientIdentifier = "s", ReceiveMaximum = 1, SessionExpiryInterval = durable ? 60u : 0 });
        await using var publisher = await broker.ConnectAsync("p");
        await subscriber.SubscribeAsync("a", QualityOfService.ExactlyOnce);

        await publisher.SendTogetherAsync(Enumerable.Range(1, 100).Select(
            i => (object)Publish("a", i.ToString(CultureInfo.InvariantCulture), qos: 1 + (i % 2), id: (ushort)i)));

        for (var i = 1; i <= 100; i++)
            (await subscriber.ExpectMessageAsync()).Text.ShouldBe(i.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Order_holds_from_what_waited_in_the_inbox_to_what_comes_live()
    {
        await using var broker = await TestBroker.StartAsync();
        await using (var first = await broker.ResumeAsync("s"))
        {
            await first.SubscribeAsync("a", QualityOfService.AtLeastOnce);
            await first.DisconnectAsync();
        }

        await using var publisher = await broker.ConnectAsync("p");
        await PublishAsync(1, 700);
        await using var second = await broker.ResumeAsync("s");
        await PublishAsync(701, 700);

        for (var i = 1; i <= 1400; i++)
            (await second.ExpectMessageAsync()).Text.ShouldBe(i.ToString(CultureInfo.InvariantCulture));

        async Task PublishAsync(int from, int count)
        {
            await publisher.SendTogetherAsync(Enumerable.Range(from, count).Select(
                i => (object)Publish("a", i.ToString(CultureInfo.InvariantCulture), qos: 1, id: (ushort)i)));
            for (var i = 0; i < count; i++)
                await publisher.ExpectAsync<AckPacket>();
        }
    }
}
