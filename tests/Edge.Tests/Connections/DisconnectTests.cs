using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

public sealed class DisconnectTests
{
    [Theory]
    [InlineData(ProtocolVersion.Mqtt31)]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-3.14.4-2")]
    [Trait("Statement", "MQTT311-3.14.4-1")]
    public async Task After_a_DISCONNECT_the_broker_closes_without_a_word(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendAsync(new DisconnectPacket());

        await client.ExpectClosedAsync();
    }

    [Theory]
    [MemberData(nameof(Subscriptions.Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.14.4-1")]
    [Trait("Statement", "MQTT311-3.14.4-2")]
    public async Task What_a_client_sends_after_its_DISCONNECT_is_not_processed(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var watcher = await broker.ConnectAsync("watcher");
        await watcher.SubscribeAsync("#");
        await using var client = await broker.ConnectAsync("c", version);

        var publish = AnyPacket.Encode(new PublishMessage { Topic = "a" }, version);
        await client.SendAsync([.. publish, 0xE0, 0, .. publish]);
        await client.ExpectClosedAsync();

        await watcher.ExpectMessageAsync();
        await watcher.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Subscriptions.Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-4.13.1-1")]
    [Trait("Statement", "MQTT311-4.8.0-1")]
    public async Task What_came_before_a_packet_that_is_wrong_is_processed(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var watcher = await broker.ConnectAsync("watcher");
        await watcher.SubscribeAsync("#");
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendAsync([.. AnyPacket.Encode(new PublishMessage { Topic = "a" }, version), 0x00, 0]);

        await client.ExpectDisconnectedAsync(ReasonCode.MalformedPacket);
        await watcher.ExpectMessageAsync();
    }

    [Theory]
    [InlineData(20u, 19, true)]
    [InlineData(20u, 21, false)]
    [InlineData(1000u, 999, true)]
    [InlineData(0u, 0, false)]
    [InlineData(null, 99, true)]
    [InlineData(null, 101, false)]
    [Trait("Statement", "MQTT5-4.1.0-2")]
    public async Task A_DISCONNECT_may_change_the_expiry(uint? expiry, int seconds, bool present)
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await (await broker.ConnectAsync("c", expiry: 100)).DisconnectAsync(sessionExpiryInterval: expiry);

        time.Advance(TimeSpan.FromSeconds(seconds));

        await using var client = await broker.OpenAsync();
        (await client.ConnectAsync("c", cleanStart: false, 100)).SessionPresent.ShouldBe(present);
    }

    [Fact]
    public async Task A_DISCONNECT_cannot_raise_the_expiry_over_the_limit_of_the_tenant()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { SessionExpirySeconds = 50 } }, time);
        await (await broker.ConnectAsync("c", expiry: 10)).DisconnectAsync(sessionExpiryInterval: uint.MaxValue);

        time.Advance(TimeSpan.FromSeconds(51));

        broker.Counters.SessionsDurable.Value.ShouldBe(0);
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.13.1-1")]
    public async Task A_DISCONNECT_cannot_give_an_expiry_to_a_session_that_had_none()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", expiry: 0);

        await client.SendAsync(new DisconnectPacket { SessionExpiryInterval = 10 });

        await client.ExpectDisconnectedAsync(ReasonCode.ProtocolError);
    }

    [Fact]
    public async Task A_DISCONNECT_may_confirm_that_there_is_no_expiry()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", expiry: 0);

        await client.SendAsync(new DisconnectPacket { SessionExpiryInterval = 0 });

        await client.ExpectClosedAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt31)]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-3.14.2-1")]
    [Trait("Statement", "MQTT5-3.14.2-2")]
    [Trait("Statement", "MQTT5-3.14.4-1")]
    [Trait("Statement", "MQTT5-3.14.4-2")]
    public async Task A_broker_that_stops_says_so(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);

        var stopping = broker.StopAsync();

        await client.ExpectDisconnectedAsync(ReasonCode.ServerShuttingDown);
        await stopping;
    }

    [Fact]
    public async Task A_broker_that_stops_publishes_the_wills_of_its_clients()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync();
        await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", Will = new() { Topic = "w" } });

        await broker.StopAsync();

        broker.Counters.WillsPublished.Value.ShouldBe(1);
    }

    [Fact]
    public async Task A_client_that_goes_in_whatever_way_is_not_counted_any_more()
    {
        await using var broker = await TestBroker.StartAsync();
        var clients = new List<MqttTestClient>();
        foreach (var clientId in (string[])["left", "broke the rules", "was taken over", "was taken over"])
            clients.Add(await broker.ConnectAsync(clientId));

        await clients[0].DisconnectAsync();
        await clients[1].SendAsync([0, 0]);
        await clients[1].ExpectDisconnectedAsync(ReasonCode.MalformedPacket);
        await clients[2].ExpectDisconnectedAsync(ReasonCode.SessionTakenOver);

        broker.Counters.ConnectionsOpen.Value.ShouldBe(1);
        await clients[3].DisconnectAsync();
        broker.Counters.ConnectionsOpen.Value.ShouldBe(0);
        foreach (var client in clients)
            await client.DisposeAsync();
    }
}
