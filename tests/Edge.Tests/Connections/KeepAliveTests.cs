using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

public sealed class KeepAliveTests
{
    public static TheoryData<ProtocolVersion> Versions => new(Enum.GetValues<ProtocolVersion>());

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.1.2-20")]
    [Trait("Statement", "MQTT5-3.1.2-22")]
    [Trait("Statement", "MQTT5-3.2.2-22")]
    [Trait("Statement", "MQTT311-3.1.2-23")]
    [Trait("Statement", "MQTT311-3.1.2-24")]
    public async Task A_client_that_is_silent_for_one_and_a_half_keep_alives_is_closed(ProtocolVersion version)
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var client = await ConnectAsync(broker, version, keepAlive: 10);

        time.Advance(TimeSpan.FromSeconds(15));

        await client.ExpectDisconnectedAsync(ReasonCode.KeepAliveTimeout);
        broker.Counters.KeepAliveTimeouts.Value.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.1.2-22")]
    [Trait("Statement", "MQTT311-3.1.2-24")]
    public async Task A_client_is_not_closed_before_that(ProtocolVersion version)
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var client = await ConnectAsync(broker, version, keepAlive: 10);

        time.Advance(TimeSpan.FromSeconds(14.9));

        await client.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.1.2-22")]
    [Trait("Statement", "MQTT311-3.1.2-24")]
    public async Task A_client_that_is_closed_for_its_silence_leaves_its_will(ProtocolVersion version)
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var watcher = await broker.ConnectAsync("watcher");
        await watcher.SubscribeAsync("w");
        await using var client = await ConnectAsync(broker, version, keepAlive: 10, new() { Topic = "w" });

        time.Advance(TimeSpan.FromSeconds(15));

        await watcher.ExpectMessageAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-22")]
    public async Task Any_packet_keeps_the_connection()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var client = await ConnectAsync(broker, ProtocolVersion.Mqtt5, keepAlive: 10);

        for (var i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(14));
            await client.PublishAsync("a", "x", QualityOfService.AtLeastOnce);
        }

        await client.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-22")]
    public async Task Silence_counts_from_the_last_packet()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var client = await ConnectAsync(broker, ProtocolVersion.Mqtt5, keepAlive: 10);
        time.Advance(TimeSpan.FromSeconds(10));
        await client.ExpectNothingAsync();

        time.Advance(TimeSpan.FromSeconds(15));

        await client.ExpectDisconnectedAsync(ReasonCode.KeepAliveTimeout);
    }

    [Fact]
    public async Task What_the_broker_sends_does_not_keep_the_connection()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var publisher = await broker.ConnectAsync("publisher");
        await using var client = await ConnectAsync(broker, ProtocolVersion.Mqtt5, keepAlive: 10);
        await client.SubscribeAsync("a");
        time.Advance(TimeSpan.FromSeconds(14));
        await publisher.PublishAsync("a", "x");
        await client.ExpectAsync<PublishMessage>();

        time.Advance(TimeSpan.FromSeconds(1));

        await client.ExpectDisconnectedAsync(ReasonCode.KeepAliveTimeout);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.2.2-22")]
    public async Task A_keep_alive_of_0_turns_it_off(ProtocolVersion version)
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var client = await ConnectAsync(broker, version, keepAlive: 0);

        time.Advance(TimeSpan.FromHours(2));

        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task The_longest_keep_alive_is_kept_to()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var client = await ConnectAsync(broker, ProtocolVersion.Mqtt5, keepAlive: ushort.MaxValue);

        time.Advance(TimeSpan.FromSeconds(ushort.MaxValue * 1.5 - 1));
        await client.ExpectNothingAsync();
        time.Advance(TimeSpan.FromSeconds(ushort.MaxValue * 1.5 + 1));

        await client.ExpectDisconnectedAsync(ReasonCode.KeepAliveTimeout);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(61)]
    [Trait("Statement", "MQTT5-3.1.2-21")]
    [Trait("Statement", "MQTT5-3.2.2-21")]
    public async Task The_server_keep_alive_counts_where_the_client_asks_for_more(ushort asked)
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { KeepAliveMaximum = 60 } }, time);
        await using var client = await broker.OpenAsync();
        var connAck = await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", KeepAlive = asked });
        connAck.ServerKeepAlive.ShouldBe((ushort)60);

        time.Advance(TimeSpan.FromSeconds(90));

        await client.ExpectDisconnectedAsync(ReasonCode.KeepAliveTimeout);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.2.2-22")]
    public async Task The_keep_alive_of_the_client_counts_where_it_asks_for_less()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { KeepAliveMaximum = 60 } }, time);
        await using var client = await broker.OpenAsync();
        (await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", KeepAlive = 20 })).ServerKeepAlive.ShouldBeNull();

        time.Advance(TimeSpan.FromSeconds(30));

        await client.ExpectDisconnectedAsync(ReasonCode.KeepAliveTimeout);
    }

    private static async Task<MqttTestClient> ConnectAsync(TestBroker broker, ProtocolVersion version, ushort keepAlive, Will? will = null)
    {
        var client = await broker.OpenAsync(version);
        var connect = new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "c", KeepAlive = keepAlive, Will = will };
        (await client.ConnectAsync(connect)).ReasonCode.ShouldBe(ReasonCode.Success);
        // CONNACK comes a moment before the time is watched.
        await client.ExpectNothingAsync();
        return client;
    }
}
