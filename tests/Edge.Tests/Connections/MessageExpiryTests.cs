using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

public sealed class MessageExpiryTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private TestBroker _broker = null!;

    public async ValueTask InitializeAsync() => _broker = await TestBroker.StartAsync(time: _time);

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("Statement", "MQTT5-3.3.2-6")]
    public async Task A_message_delivered_at_once_says_the_whole_interval(int qos)
    {
        await using var client = await _broker.ConnectAsync("c");
        await client.SubscribeAsync("a", QualityOfService.ExactlyOnce);

        await client.PublishAsync(Expiring(60) with { QoS = (QualityOfService)qos });

        (await client.ExpectMessageAsync()).Properties.MessageExpiryInterval.ShouldBe(60u);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.3.2-6")]
    public async Task A_message_without_an_interval_says_none()
    {
        await using var client = await _broker.ConnectAsync("c");
        await client.SubscribeAsync("a");

        await client.SendAsync(Publish("a"));

        (await client.ExpectAsync<PublishMessage>()).Properties.MessageExpiryInterval.ShouldBeNull();
    }

    [Theory]
    [InlineData(10, 50u)]
    [InlineData(59, 1u)]
    [InlineData(0.25, 60u)]
    [Trait("Statement", "MQTT5-3.3.2-6")]
    public async Task A_retained_message_says_the_seconds_that_remain(double waited, uint remaining)
    {
        await using var client = await _broker.ConnectAsync("c");
        await client.PublishAsync(Expiring(60) with { QoS = QualityOfService.AtLeastOnce, Retain = true });

        _time.Advance(TimeSpan.FromSeconds(waited));
        await client.SubscribeAsync("a");

        (await client.ExpectAsync<PublishMessage>()).Properties.MessageExpiryInterval.ShouldBe(remaining);
    }

    [Theory]
    [InlineData(50 * 24)]
    [InlineData(-50 * 24)]
    [Trait("Statement", "MQTT5-3.3.2-6")]
    public async Task Setting_the_wall_clock_does_not_change_the_seconds_that_remain(int hours)
    {
        await using var client = await _broker.ConnectAsync("c");
        await client.PublishAsync(Expiring(60) with { QoS = QualityOfService.AtLeastOnce, Retain = true });

        _time.Jump(TimeSpan.FromHours(hours));
        _time.Advance(TimeSpan.FromSeconds(10));
        await client.SubscribeAsync("a");

        (await client.ExpectAsync<PublishMessage>()).Properties.MessageExpiryInterval.ShouldBe(50u);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.3.2-5")]
    public async Task A_retained_message_is_gone_when_it_has_expired()
    {
        await using var client = await _broker.ConnectAsync("c");
        await client.PublishAsync(Expiring(60) with { QoS = QualityOfService.AtLeastOnce, Retain = true });

        _time.Advance(TimeSpan.FromSeconds(60));
        await client.SubscribeAsync("a");

        await client.ExpectNothingAsync();
        _broker.Counters().RetainedMessages.Value.ShouldBe(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("Statement", "MQTT5-3.3.2-6")]
    public async Task A_message_that_waited_for_a_session_says_the_seconds_that_remain(int qos)
    {
        await LeaveAsync(ProtocolVersion.Mqtt5);
        await using var publisher = await _broker.ConnectAsync("p");
        await publisher.PublishAsync(Expiring(60) with { QoS = (QualityOfService)qos });

        _time.Advance(TimeSpan.FromSeconds(20));
        await using var subscriber = await _broker.ResumeAsync("s");

        (await subscriber.ExpectMessageAsync()).Properties.MessageExpiryInterval.ShouldBe(40u);
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-3.3.2-5")]
    public async Task A_message_that_expired_while_its_session_was_away_is_not_delivered_and_counted(ProtocolVersion version)
    {
        await LeaveAsync(version);
        await using var publisher = await _broker.ConnectAsync("p");
        await publisher.PublishAsync(Expiring(60, "old") with { QoS = QualityOfService.AtLeastOnce });
        await publisher.PublishAsync(Expiring(61, "young") with { QoS = QualityOfService.AtLeastOnce });

        _time.Advance(TimeSpan.FromSeconds(60));
        await using var subscriber = await _broker.ResumeAsync("s", version);

        await subscriber.ExpectPublishAsync("young");
        await subscriber.ExpectNothingAsync();
        _broker.Counters().DroppedExpired.Value.ShouldBe(1);
        _broker.Counters().InboxMessages.Value.ShouldBe(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Statement", "MQTT5-3.3.2-5")]
    public async Task A_message_that_expired_while_the_client_took_no_more_is_not_delivered(bool durable)
    {
        await using var subscriber = await _broker.ConnectAsync(new ConnectPacket
        {
            ClientIdentifier = "s",
            ReceiveMaximum = 1,
            SessionExpiryInterval = durable ? 3600u : 0,
        });
        await using var publisher = await _broker.ConnectAsync("p");
        await subscriber.SubscribeAsync("a", QualityOfService.AtLeastOnce);
        await publisher.PublishAsync(Expiring(1000, "first") with { QoS = QualityOfService.AtLeastOnce });
        await publisher.PublishAsync(Expiring(10, "second") with { QoS = QualityOfService.AtLeastOnce });
        await publisher.PublishAsync(Expiring(1000, "third") with { QoS = QualityOfService.AtLeastOnce });
        var first = await subscriber.ExpectPublishAsync("first");

        _time.Advance(TimeSpan.FromSeconds(10));
        await subscriber.SendAsync(PubAck(first.PacketIdentifier));

        (await subscriber.ExpectPublishAsync("third")).Properties.MessageExpiryInterval.ShouldBe(990u);
        _broker.Counters().DroppedExpired.Value.ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("Statement", "MQTT5-4.3.3-7")]
    [Trait("Statement", "MQTT5-4.4.0-1")]
    public async Task A_message_that_was_sent_before_it_expired_is_sent_again(int qos)
    {
        ushort id;
        await using (var first = await _broker.ResumeAsync("s"))
        {
            await first.SubscribeAsync("a", QualityOfService.ExactlyOnce);
            await using var publisher = await _broker.ConnectAsync("p");
            await publisher.PublishAsync(Expiring(60) with { QoS = (QualityOfService)qos });
            id = (await first.ExpectPublishAsync("x")).PacketIdentifier;
        }

        _time.Advance(TimeSpan.FromSeconds(100));
        await using var second = await _broker.ResumeAsync("s");

        (await second.ExpectPublishAsync("x")).PacketIdentifier.ShouldBe(id);
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.3.3-13")]
    public async Task A_QoS_2_message_that_is_expired_when_it_comes_is_acknowledged_to_the_end()
    {
        await using var client = await _broker.ConnectAsync("c");
        await client.SubscribeAsync("a", QualityOfService.ExactlyOnce);

        await client.SendAsync(Expiring(0) with { QoS = QualityOfService.ExactlyOnce, PacketIdentifier = 7 });
        await client.ExpectAckAsync(PubRec(7));
        await client.SendAsync(PubRel(7));
        await client.ExpectAckAsync(PubComp(7));

        await client.ExpectNothingAsync();
    }

    private async Task LeaveAsync(ProtocolVersion version)
    {
        await using var subscriber = await _broker.ResumeAsync("s", version);
        await subscriber.SubscribeAsync("a", QualityOfService.ExactlyOnce);
        await subscriber.DisconnectAsync();
    }

    private static PublishMessage Expiring(uint seconds, string payload = "x") =>
        Publish("a", payload) with { Properties = new PublishProperties { MessageExpiryInterval = seconds } };
}
