using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Subscriptions;

namespace Starling.Edge.Tests.Connections;

/// <summary>The least that clients can count on: TCP, and a broker that asks for nothing beyond the specification.</summary>
public sealed class TransportTests
{
    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-4.2-1")]
    [Trait("Statement", "MQTT311-7.1.1-1")]
    public async Task TCP_brings_every_byte_there_and_back_in_order(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync("a");
        var payload = new byte[300_000];
        new Random(1).NextBytes(payload);

        await client.SendAsync(new PublishMessage { Topic = "a", Payload = payload });

        (await client.ExpectMessageAsync()).Payload.ShouldBe(payload);
    }

    [Fact]
    [Trait("Statement", "MQTT311-7.0.0-2")]
    public async Task A_client_that_sends_the_least_that_the_specification_asks_for_is_served()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync(ProtocolVersion.Mqtt311);

        await client.SendAsync([0x10, 13, 0, 4, .. "MQTT"u8, 4, 2, 0, 0, 0, 1, (byte)'c']);
        (await client.ReceiveAsync()).Bytes.ShouldBe([0x20, 2, 0, 0]);
        await client.SendAsync([0x82, 6, 0, 9, 0, 1, (byte)'a', 0]);
        (await client.ReceiveAsync()).Bytes.ShouldBe([0x90, 3, 0, 9, 0]);
        await client.SendAsync([0x30, 4, 0, 1, (byte)'a', (byte)'x']);
        (await client.ReceiveAsync()).Bytes.ShouldBe([0x30, 4, 0, 1, (byte)'a', (byte)'x']);
        await client.SendAsync([0xE0, 0]);
        await client.ExpectClosedAsync();
    }
}
