using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

public sealed class TakeoverTests
{
    private const QualityOfService QoS1 = QualityOfService.AtLeastOnce;

    public static TheoryData<ProtocolVersion, ProtocolVersion> Pairs
    {
        get
        {
            var pairs = new TheoryData<ProtocolVersion, ProtocolVersion>();
            foreach (var older in Enum.GetValues<ProtocolVersion>())
            {
                foreach (var newer in Enum.GetValues<ProtocolVersion>())
                    pairs.Add(older, newer);
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    [Trait("Statement", "MQTT5-3.1.4-3")]
    [Trait("Statement", "MQTT311-3.1.4-2")]
    public async Task A_second_connection_with_the_client_identifier_closes_the_first(ProtocolVersion older, ProtocolVersion newer)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var first = await broker.ConnectAsync("c", older);
        await using var second = await broker.ConnectAsync("c", newer);

        await first.ExpectDisconnectedAsync(ReasonCode.SessionTakenOver);
        await second.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-3.2.2-3")]
    [Trait("Statement", "MQTT311-3.2.2-2")]
    public async Task A_takeover_resumes_the_durable_session(ProtocolVersion version)
    {
        uint? expiry = version == ProtocolVersion.Mqtt5 ? 100 : null;
        await using var broker = await TestBroker.StartAsync();
        await using var first = await broker.ConnectAsync("c", version, cleanStart: false, expiry);
        await first.SubscribeAsync("a", QoS1);
        await using var second = await broker.OpenAsync(version);

        (await second.ConnectAsync("c", cleanStart: false, expiry)).SessionPresent.ShouldBeTrue();

        await second.PublishAsync("a", "x", QoS1);
        (await second.ExpectMessageAsync()).Text.ShouldBe("x");
        await second.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-4")]
    [Trait("Statement", "MQTT5-3.2.2-2")]
    public async Task A_takeover_with_a_clean_start_begins_a_new_session()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var first = await broker.ConnectAsync("c", expiry: 100);
        await first.SubscribeAsync("a", QoS1);
        await using var second = await broker.OpenAsync();

        (await second.ConnectAsync("c", cleanStart: true, 100)).SessionPresent.ShouldBeFalse();

        await second.PublishAsync("a", "x", QoS1);
        await second.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.2.2-3")]
    public async Task A_takeover_of_a_session_that_ends_with_its_connection_finds_none()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var first = await broker.ConnectAsync("c");
        await first.SubscribeAsync("a");
        await using var second = await broker.OpenAsync();

        (await second.ConnectAsync("c", cleanStart: false)).SessionPresent.ShouldBeFalse();

        await second.PublishAsync("a", "x");
        await second.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt31)]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-3.1.2-8")]
    [Trait("Statement", "MQTT311-3.1.2-8")]
    public async Task The_connection_that_is_taken_over_leaves_its_will(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var watcher = await broker.ConnectAsync("watcher");
        await watcher.SubscribeAsync("w");
        await using var first = await broker.OpenAsync(version);
        await first.ConnectAsync(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "c", Will = new() { Topic = "w", Payload = "gone"u8.ToArray() } });

        await using var second = await broker.ConnectAsync("c", version);

        (await watcher.ExpectMessageAsync()).Text.ShouldBe("gone");
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.3-9")]
    public async Task A_will_with_a_delay_is_not_sent_when_the_session_is_taken_over()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var watcher = await broker.ConnectAsync("watcher");
        await watcher.SubscribeAsync("w");
        await using var first = await broker.OpenAsync();
        await first.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", SessionExpiryInterval = 100, Will = new() { Topic = "w", WillDelayInterval = 10 } });

        await using var second = await broker.ConnectAsync("c", cleanStart: false, expiry: 100);
        time.Advance(TimeSpan.FromSeconds(11));

        await watcher.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-8")]
    public async Task A_will_with_a_delay_is_sent_when_a_clean_start_ends_the_session()
    {
        await using var broker = await TestBroker.StartAsync(time: new ManualTime());
        await using var watcher = await broker.ConnectAsync("watcher");
        await watcher.SubscribeAsync("w");
        await using var first = await broker.OpenAsync();
        await first.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", SessionExpiryInterval = 100, Will = new() { Topic = "w", WillDelayInterval = 10 } });

        await using var second = await broker.ConnectAsync("c", cleanStart: true, expiry: 100);

        (await watcher.ExpectMessageAsync()).Topic.ShouldBe("w");
    }

    [Theory]
    [InlineData(QualityOfService.AtLeastOnce)]
    [InlineData(QualityOfService.ExactlyOnce)]
    public async Task What_the_first_connection_left_unacknowledged_goes_to_the_second(QualityOfService qos)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("publisher");
        await using var first = await broker.ConnectAsync("c", expiry: 100);
        await first.SubscribeAsync("a", qos);
        await publisher.PublishAsync("a", "x", qos);
        var before = await first.ExpectAsync<PublishMessage>();

        await using var second = await broker.ConnectAsync("c", cleanStart: false, expiry: 100);
        var after = await second.ExpectAsync<PublishMessage>();

        after.ShouldBe(before with { Dup = true, Payload = after.Payload, Properties = after.Properties, RawForwardedProperties = after.RawForwardedProperties });
        after.Text.ShouldBe("x");
    }

    [Fact]
    public async Task Many_connections_with_one_client_identifier_leave_one()
    {
        // A clock that stands still, on which a wait for an older connection would never time out.
        await using var broker = await TestBroker.StartAsync(time: new ManualTime());
        var clients = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => broker.ConnectAsync("c", expiry: 100)));

        var served = await Task.WhenAll(clients.Select(IsServedAsync));

        served.Count(isServed => isServed).ShouldBe(1);
        broker.Counters.SessionsTakenOver.Value.ShouldBe(9);
        foreach (var client in clients)
            await client.DisposeAsync();
    }

    [Fact]
    public async Task A_takeover_does_not_wait_for_a_connection_that_is_just_subscribing()
    {
        // A clock that stands still, on which a wait for the older connection would never time out.
        await using var broker = await TestBroker.StartAsync(time: new ManualTime());
        await using var first = await broker.ConnectAsync("c", expiry: 100);
        var subscribe = Enumerable.Range(1, 200).SelectMany(id =>
            AnyPacket.Encode(new SubscribePacket { PacketIdentifier = (ushort)id, Subscriptions = [new($"a/{id}", default)] }, ProtocolVersion.Mqtt5));
        await first.SendAsync([.. subscribe]);

        await using var second = await broker.ConnectAsync("c", cleanStart: false, expiry: 100);

        await second.ExpectNothingAsync();
    }

    private static async Task<bool> IsServedAsync(MqttTestClient client)
    {
        try
        {
            await client.ExpectNothingAsync();
            return true;
        }
        catch (Exception error) when (error is IOException or UnexpectedException)
        {
            return false;
        }
    }
}
