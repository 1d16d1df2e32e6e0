using Starling.Protocol;
using static Starling.Edge.Tests.Connections.Subscriptions;

namespace Starling.Edge.Tests.Connections;

/// <summary>Bridges that mark their protocol level, as mosquitto's do.</summary>
public sealed class BridgeTests
{
    [Theory]
    [InlineData(ProtocolVersion.Mqtt31, true)]
    [InlineData(ProtocolVersion.Mqtt311, true)]
    [InlineData(ProtocolVersion.Mqtt311, false)]
    public async Task A_bridge_does_not_get_back_what_it_publishes(ProtocolVersion version, bool cleanSession)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a");
        await using var bridge = await broker.OpenAsync(version);
        (await bridge.ConnectAsync(Bridge(version) with { CleanStart = cleanSession })).ReasonCode.ShouldBe(ReasonCode.Success);
        await bridge.SubscribeAsync("#", QoS1);

        await bridge.PublishAsync("a", "from the bridge", QoS1);
        await client.PublishAsync("a", "to the bridge", QoS1);

        (await bridge.ExpectMessageAsync()).Text.ShouldBe("to the bridge");
        await bridge.ExpectNothingAsync();
        (await client.ExpectMessageAsync()).Text.ShouldBe("from the bridge");
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt31)]
    [InlineData(ProtocolVersion.Mqtt311)]
    public async Task A_bridge_gets_retained_messages_as_they_were_published(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await using var bridge = await broker.OpenAsync(version);
        await bridge.ConnectAsync(Bridge(version));
        await bridge.SubscribeAsync("#", QoS1);

        await client.PublishAsync("a", "1", QoS1, retain: true);
        await client.PublishAsync("a", "2", QoS1);

        (await bridge.ExpectMessageAsync()).Retain.ShouldBeTrue();
        (await bridge.ExpectMessageAsync()).Retain.ShouldBeFalse();
    }

    [Fact]
    public async Task Another_client_of_MQTT_3_gets_back_what_it_publishes()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", ProtocolVersion.Mqtt311);
        await client.SubscribeAsync("a");

        await client.PublishAsync("a", "x", retain: true);

        (await client.ExpectMessageAsync()).Retain.ShouldBeFalse();
    }

    private static ConnectPacket Bridge(ProtocolVersion version) => new() { ProtocolVersion = version, ClientIdentifier = "bridge", IsBridge = true };
}
