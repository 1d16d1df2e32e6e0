using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

/// <summary>How long a session lives and what it remembers. In 3.1 and 3.1.1 Clean Session 0 is what expiry is in 5.</summary>
public sealed class SessionStateTests
{
    private const QualityOfService QoS1 = QualityOfService.AtLeastOnce;

    public static TheoryData<ProtocolVersion> Versions => new(Enum.GetValues<ProtocolVersion>());

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.1.2-5")]
    [Trait("Statement", "MQTT5-3.1.2-23")]
    [Trait("Statement", "MQTT5-3.1.3-2")]
    [Trait("Statement", "MQTT5-4.1.0-1")]
    [Trait("Statement", "MQTT311-3.1.2-4")]
    [Trait("Statement", "MQTT311-3.1.2-5")]
    [Trait("Statement", "MQTT311-4.1.0-1")]
    public async Task A_session_that_goes_on_has_its_subscriptions_and_what_came_for_them(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("publisher");
        await using (var before = await DurableAsync(broker, "c", version))
        {
            await before.SubscribeAsync("a/#", QoS1);
            await before.DisconnectAsync();
        }

        await publisher.PublishAsync("a/1", "while away", QoS1);
        await using var client = await DurableAsync(broker, "c", version);
        await publisher.PublishAsync("a/2", "back again", QoS1);

        (await client.ExpectMessageAsync()).Text.ShouldBe("while away");
        (await client.ExpectMessageAsync()).Text.ShouldBe("back again");
        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-3.1.2-6")]
    [Trait("Statement", "MQTT5-3.2.2-3")]
    [Trait("Statement", "MQTT311-3.1.2-4")]
    [Trait("Statement", "MQTT311-3.2.2-2")]
    [Trait("Statement", "MQTT311-3.2.2-3")]
    public async Task Session_present_tells_whether_there_was_a_session(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var first = await broker.OpenAsync(version);
        (await first.ConnectAsync("c", cleanStart: false, Expiry(version))).SessionPresent.ShouldBeFalse();
        await first.DisconnectAsync();

        await using var second = await broker.OpenAsync(version);
        (await second.ConnectAsync("c", cleanStart: false, Expiry(version))).SessionPresent.ShouldBeTrue();
    }

    [Fact]
    public async Task A_client_of_3_1_is_not_told_of_a_session_because_the_bit_is_reserved()
    {
        await using var broker = await TestBroker.StartAsync();
        await (await DurableAsync(broker, "c", ProtocolVersion.Mqtt31)).DisconnectAsync();
        await using var client = await broker.OpenAsync(ProtocolVersion.Mqtt31);

        await client.SendAsync(new ConnectPacket { ProtocolVersion = ProtocolVersion.Mqtt31, ClientIdentifier = "c", CleanStart = false });

        (await client.ReceiveAsync()).Bytes.ShouldBe([0x20, 2, 0, 0]);
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-3.1.2-4")]
    [Trait("Statement", "MQTT5-3.1.4-4")]
    [Trait("Statement", "MQTT5-3.2.2-2")]
    [Trait("Statement", "MQTT311-3.1.2-6")]
    [Trait("Statement", "MQTT311-3.1.4-3")]
    [Trait("Statement", "MQTT311-3.2.2-1")]
    public async Task A_clean_start_throws_the_session_away(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("publisher");
        await using (var before = await DurableAsync(broker, "c", version))
        {
            await before.SubscribeAsync("a", QoS1);
            await before.DisconnectAsync();
        }

        await publisher.PublishAsync("a", "1", QoS1);
        await using var client = await broker.OpenAsync(version);
        (await client.ConnectAsync("c", cleanStart: true, version == ProtocolVersion.Mqtt5 ? 100 : null)).SessionPresent.ShouldBeFalse();
        await publisher.PublishAsync("a", "2", QoS1);

        await client.ExpectNothingAsync();
        broker.Counters.InboxMessages.Value.ShouldBe(0);
    }

    [Fact]
    [Trait("Statement", "MQTT311-3.1.2-6")]
    public async Task A_clean_session_of_3_1_1_leaves_nothing_to_resume()
    {
        await using var broker = await TestBroker.StartAsync();
        await (await broker.ConnectAsync("c", ProtocolVersion.Mqtt311, cleanStart: true)).DisconnectAsync();
        await using var client = await broker.OpenAsync(ProtocolVersion.Mqtt311);

        (await client.ConnectAsync("c", cleanStart: false)).SessionPresent.ShouldBeFalse();
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.1.0-2")]
    public async Task A_session_without_expiry_ends_with_its_connection()
    {
        await using var broker = await TestBroker.StartAsync();
        await (await broker.ConnectAsync("c", expiry: 0)).DisconnectAsync();
        await using var client = await broker.OpenAsync();

        (await client.ConnectAsync("c", cleanStart: false, 100)).SessionPresent.ShouldBeFalse();
    }

    [Theory]
    [InlineData(99, true)]
    [InlineData(101, false)]
    [Trait("Statement", "MQTT5-3.1.2-23")]
    [Trait("Statement", "MQTT5-4.1.0-2")]
    public async Task A_session_lives_until_its_expiry(int seconds, bool present)
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await (await broker.ConnectAsync("c", expiry: 100)).DisconnectAsync();

        time.Advance(TimeSpan.FromSeconds(seconds));

        await using var client = await broker.OpenAsync();
        (await client.ConnectAsync("c", cleanStart: false, 100)).SessionPresent.ShouldBe(present);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Statement", "MQTT311-4.1.0-2")]
    public async Task A_session_of_3_1_1_lasts_as_long_as_its_connection(bool clean)
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { SessionExpirySeconds = 10 } }, time);
        await using var client = await broker.ConnectAsync("c", ProtocolVersion.Mqtt311, cleanStart: clean);
        await client.SubscribeAsync("a", QoS1);

        time.Advance(TimeSpan.FromSeconds(1000));
        await client.PublishAsync("a", "still here", QoS1);

        (await client.ExpectMessageAsync()).Text.ShouldBe("still here");
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.1.0-1")]
    public async Task Expiry_does_not_run_while_the_client_is_connected()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var publisher = await broker.ConnectAsync("publisher");
        await using var client = await broker.ConnectAsync("c", expiry: 10);
        await client.SubscribeAsync("a", QoS1);
        await client.DisconnectAsync();
        time.Advance(TimeSpan.FromSeconds(9));
        await using var again = await broker.ConnectAsync("c", cleanStart: false, expiry: 10);

        time.Advance(TimeSpan.FromSeconds(1000));
        await publisher.PublishAsync("a", "still here", QoS1);

        (await again.ExpectMessageAsync()).Text.ShouldBe("still here");
        broker.Counters.SessionsExpired.Value.ShouldBe(0);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-23")]
    public async Task A_session_that_is_to_live_for_ever_is_there_after_days()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { SessionExpirySeconds = null } }, time);
        await (await broker.ConnectAsync("c", expiry: uint.MaxValue)).DisconnectAsync();

        time.Advance(TimeSpan.FromDays(2));

        await using var client = await broker.OpenAsync();
        (await client.ConnectAsync("c", cleanStart: false)).SessionPresent.ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task The_tenant_limits_how_long_a_session_lives(ProtocolVersion version)
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { SessionExpirySeconds = 50 } }, time);
        await (await DurableAsync(broker, "c", version)).DisconnectAsync();
        broker.Counters.SessionsDurable.Value.ShouldBe(1);

        time.Advance(TimeSpan.FromSeconds(51));

        broker.Counters.SessionsDurable.Value.ShouldBe(0);
    }

    [Fact]
    public async Task What_waits_for_a_session_goes_with_it()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var publisher = await broker.ConnectAsync("publisher");
        await using var client = await broker.ConnectAsync("c", expiry: 10);
        await client.SubscribeAsync("a", QoS1);
        await client.DisconnectAsync();
        await publisher.PublishAsync("a", "x", QoS1);
        broker.Counters.InboxMessages.Value.ShouldBe(1);

        time.Advance(TimeSpan.FromSeconds(11));

        broker.Counters.InboxMessages.Value.ShouldBe(0);
    }

    [Fact]
    [Trait("Statement", "MQTT311-3.1.2-7")]
    public async Task Retained_messages_outlive_the_session_that_published_them()
    {
        await using var broker = await TestBroker.StartAsync();
        await using (var before = await broker.ConnectAsync("c", ProtocolVersion.Mqtt311))
        {
            await before.PublishAsync("a", "kept", QoS1, retain: true);
            await before.DisconnectAsync();
        }

        await using var client = await broker.ConnectAsync("c", ProtocolVersion.Mqtt311);
        await client.SubscribeAsync("a");

        (await client.ExpectMessageAsync()).Text.ShouldBe("kept");
    }

    [Fact]
    public async Task A_session_of_3_1_1_is_resumed_by_the_client_after_its_upgrade_to_5()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("publisher");
        await using (var before = await DurableAsync(broker, "c", ProtocolVersion.Mqtt311))
        {
            await before.SubscribeAsync("a", QoS1);
            await before.DisconnectAsync();
        }

        await publisher.PublishAsync("a", "x", QoS1);
        await using var client = await DurableAsync(broker, "c", ProtocolVersion.Mqtt5);

        (await client.ExpectMessageAsync()).Text.ShouldBe("x");
    }

    [Fact]
    public async Task An_unsubscribed_filter_stays_unsubscribed()
    {
        await using var broker = await TestBroker.StartAsync();
        await using (var before = await broker.ConnectAsync("c", expiry: 100))
        {
            await before.SubscribeAsync("a", QoS1);
            await before.UnsubscribeAsync("a");
            await before.DisconnectAsync();
        }

        await using var client = await broker.ConnectAsync("c", cleanStart: false, expiry: 100);
        await client.PublishAsync("a", "x", QoS1);

        await client.ExpectNothingAsync();
    }

    private static uint? Expiry(ProtocolVersion version) => version == ProtocolVersion.Mqtt5 ? 100 : null;

    private static Task<MqttTestClient> DurableAsync(TestBroker broker, string clientId, ProtocolVersion version) =>
        broker.ConnectAsync(clientId, version, cleanStart: false, Expiry(version));
}
