using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

/// <summary>The client's Maximum Packet Size: what is larger is not sent, and the session goes on.</summary>
public sealed class MaximumPacketSizeTests
{
    /// <summary>Of a PUBLISH at QoS 0 to <c>a</c> with a payload of 50 bytes: 2 + 3 + 1 + 50.</summary>
    private const uint Exact = 56;

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [Trait("Statement", "MQTT5-3.1.2-24")]
    [Trait("Statement", "MQTT5-3.1.2-25")]
    public async Task A_message_that_is_too_large_is_left_out_and_takes_no_slot(int qos, bool durable)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var subscriber = await broker.ConnectAsync(new ConnectPacket
        {
            ClientIdentifier = "s",
            MaximumPacketSize = 40,
            ReceiveMaximum = 1,
            SessionExpiryInterval = durable ? 3600u : 0,
        });
        await using var publisher = await broker.ConnectAsync("p");
        await subscriber.SubscribeAsync("a", QualityOfService.ExactlyOnce);

        for (var i = 0; i < 3; i++)
            await publisher.PublishAsync("a", new string('x', 50), (QualityOfService)qos);
        await publisher.PublishAsync("a", "small", (QualityOfService)qos);

        (await subscriber.ExpectMessageAsync()).Text.ShouldBe("small");
        broker.Counters().DroppedTooLarge.Value.ShouldBe(3);
        await subscriber.ExpectNothingAsync();
        broker.Counters().InboxMessages.Value.ShouldBe(0);
    }

    [Theory]
    [InlineData(0u, true)]
    [InlineData(1u, false)]
    [Trait("Statement", "MQTT5-3.1.2-24")]
    public async Task The_maximum_counts_the_whole_packet(uint less, bool arrives)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", MaximumPacketSize = Exact - less });
        await client.SubscribeAsync("a");

        await client.SendAsync(Publish("a", new string('x', 50)));

        if (arrives)
            (await client.ReceiveAsync()).Bytes.Length.ShouldBe((int)Exact);
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_message_that_is_too_large_only_with_a_new_alias_is_sent_without()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync(
            new ConnectPacket { ClientIdentifier = "c", MaximumPacketSize = Exact, TopicAliasMaximum = 5 });
        await client.SubscribeAsync("a");

        await client.SendAsync(Publish("a", new string('x', 50)));

        (await client.ExpectAsync<PublishMessage>()).Properties.TopicAlias.ShouldBeNull();
    }

    [Fact]
    public async Task An_alias_that_was_not_sent_is_not_used()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync(
            new ConnectPacket { ClientIdentifier = "c", MaximumPacketSize = 30, TopicAliasMaximum = 5 });
        await client.SubscribeAsync("a");

        await client.SendTogetherAsync(Publish("a", new string('x', 50)), Publish("a", "small"));

        var message = await client.ExpectPublishAsync("small");
        (message.Topic, message.Properties.TopicAlias).ShouldBe(("a", (ushort?)1));
    }

    [Fact]
    public async Task Others_get_what_is_too_large_for_one()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var small = await broker.ConnectAsync(new ConnectPacket { ClientIdentifier = "small", MaximumPacketSize = 30 });
        await using var large = await broker.ConnectAsync("large");
        await using var publisher = await broker.ConnectAsync("p");
        await small.SubscribeAsync("a", QualityOfService.AtLeastOnce);
        await large.SubscribeAsync("a", QualityOfService.AtLeastOnce);

        (await publisher.PublishAsync("a", new string('x', 50), QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.Success);

        await large.ExpectMessageAsync();
        await small.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.4.2-2")]
    [Trait("Statement", "MQTT5-3.4.2-3")]
    [Trait("Statement", "MQTT5-3.5.2-2")]
    [Trait("Statement", "MQTT5-3.5.2-3")]
    [Trait("Statement", "MQTT5-3.6.2-2")]
    [Trait("Statement", "MQTT5-3.6.2-3")]
    [Trait("Statement", "MQTT5-3.7.2-2")]
    [Trait("Statement", "MQTT5-3.7.2-3")]
    public async Task Acknowledgements_stay_as_short_as_they_can_be()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");

        await client.SendTogetherAsync(Publish("a", qos: 1, id: 1), Publish("a", qos: 2, id: 2), PubRel(2), PubRec(3));

        for (var i = 0; i < 4; i++)
            (await client.ReceiveAsync()).Bytes.Length.ShouldBeLessThanOrEqualTo(5);
    }
}
