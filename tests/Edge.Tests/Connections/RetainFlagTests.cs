using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

/// <summary>The RETAIN flag of what is published and of what is delivered.</summary>
public sealed class RetainFlagTests
{
    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, 0)]
    [InlineData(ProtocolVersion.Mqtt311, 1)]
    [InlineData(ProtocolVersion.Mqtt5, 0)]
    [InlineData(ProtocolVersion.Mqtt5, 2)]
    [Trait("Statement", "MQTT5-3.3.1-5")]
    [Trait("Statement", "MQTT311-3.3.1-5")]
    [Trait("Statement", "MQTT311-3.3.1-6")]
    [Trait("Statement", "MQTT311-3.3.1-7")]
    [Trait("Statement", "MQTT311-3.3.1-8")]
    public async Task The_last_retained_message_and_its_QoS_are_kept_for_later_subscribers(ProtocolVersion version, int qos)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.PublishAsync("a", "old", QualityOfService.AtLeastOnce, retain: true);
        await client.PublishAsync("a", "new", (QualityOfService)qos, retain: true);

        await client.SubscribeAsync("a", QualityOfService.ExactlyOnce);

        var message = await client.ExpectMessageAsync();
        (message.Text, message.Retain, message.QoS).ShouldBe(("new", true, (QualityOfService)qos));
        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, "")]
    [InlineData(ProtocolVersion.Mqtt311, "x")]
    [InlineData(ProtocolVersion.Mqtt5, "")]
    [InlineData(ProtocolVersion.Mqtt5, "x")]
    [Trait("Statement", "MQTT5-3.3.1-8")]
    [Trait("Statement", "MQTT311-3.3.1-12")]
    public async Task A_message_that_is_not_retained_leaves_the_retained_one_alone(ProtocolVersion version, string payload)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.PublishAsync("a", "kept", QualityOfService.AtLeastOnce, retain: true);

        await client.PublishAsync("a", payload, QualityOfService.AtLeastOnce);
        await client.SubscribeAsync("a");

        await client.ExpectPublishAsync("kept");
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-3.3.1-6")]
    [Trait("Statement", "MQTT5-3.3.1-7")]
    [Trait("Statement", "MQTT311-3.3.1-10")]
    [Trait("Statement", "MQTT311-3.3.1-11")]
    public async Task An_empty_retained_message_is_delivered_and_removes_the_retained_one(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await using var later = await broker.ConnectAsync("later", version);
        await client.PublishAsync("a", "kept", QualityOfService.AtLeastOnce, retain: true);
        await client.SubscribeAsync("a");
        await client.ExpectPublishAsync("kept");

        await client.SendAsync(Publish("a", "", retain: true));

        (await client.ExpectPublishAsync("")).Retain.ShouldBeFalse();
        await later.SubscribeAsync("a");
        await later.ExpectNothingAsync();
        broker.Counters().RetainedMessages.Value.ShouldBe(0);
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, false)]
    [InlineData(ProtocolVersion.Mqtt311, true)]
    [InlineData(ProtocolVersion.Mqtt5, false)]
    [InlineData(ProtocolVersion.Mqtt5, true)]
    [Trait("Statement", "MQTT5-3.3.1-12")]
    [Trait("Statement", "MQTT311-3.3.1-9")]
    public async Task An_established_subscription_gets_RETAIN_0(ProtocolVersion version, bool durable)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = durable ? await broker.ResumeAsync("c", version) : await broker.ConnectAsync("c", version);
        await client.SubscribeAsync("a", QualityOfService.AtLeastOnce);

        await client.PublishAsync("a", "x", QualityOfService.AtLeastOnce, retain: true);

        (await client.ExpectMessageAsync()).Retain.ShouldBeFalse();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [Trait("Statement", "MQTT5-3.3.1-13")]
    public async Task Retain_as_published_keeps_the_flag(bool durable, bool retain)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = durable ? await broker.ResumeAsync("c") : await broker.ConnectAsync("c");
        await client.SubscribeAsync(new SubscribePacket
        {
            PacketIdentifier = 1,
            Subscriptions = [new("a", new(QualityOfService.AtLeastOnce) { RetainAsPublished = true })],
        });

        await client.PublishAsync("a", "x", QualityOfService.AtLeastOnce, retain);

        (await client.ExpectMessageAsync()).Retain.ShouldBe(retain);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.3.1-9")]
    public async Task A_replayed_message_has_RETAIN_1_even_without_retain_as_published()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.PublishAsync("a", "x", QualityOfService.AtLeastOnce, retain: true);

        await client.SubscribeAsync("a");

        (await client.ExpectPublishAsync("x")).Retain.ShouldBeTrue();
    }

    [Fact]
    public async Task More_retained_messages_than_fit_a_page_and_the_clients_buffers_are_all_replayed()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        var payload = new string('x', 8 * 1024);
        for (var batch = 0; batch < 40; batch++)
        {
            await publisher.SendTogetherAsync(
                Enumerable.Range(0, 50).Select(i => (object)Publish($"a/{(batch * 50) + i}", payload, retain: true)));
        }

        await publisher.ExpectNothingAsync();
        await using var client = await broker.ConnectAsync("c");

        await client.SubscribeAsync("a/#");

        HashSet<string> topics = [];
        for (var i = 0; i < 2000; i++)
            topics.Add((await client.ExpectAsync<PublishMessage>()).Topic);
        topics.Count.ShouldBe(2000);
        broker.Counters().DroppedSlowReader.Value.ShouldBe(0);
    }
}
