using Microsoft.Extensions.DependencyInjection;
using Starling.Edge.Nodes;
using Starling.Edge.Tests.Connections;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Nodes;

public sealed class KeepAliveWheelTests
{
    [Fact]
    public async Task A_connection_that_cannot_be_closed_is_logged_and_the_others_are_closed()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var first = await ConnectAsync(broker, "first");
        await using var second = await ConnectAsync(broker, "second");
        var tenant = broker.Services.GetRequiredService<EdgeNode>().Tenants.Single();
        // Far ahead of the broker's clock: both have been silent for ages.
        var time = new ManualTime();
        var logger = new RecordingLogger<KeepAliveWheel>();
        using var wheel = new KeepAliveWheel(time, logger);
        wheel.Add(tenant.Find("first")!);
        wheel.Add(tenant.Find("second")!);
        using var failing = tenant.Find("first")!.Closing.Token.Register(static () => throw new InvalidOperationException());

        time.Advance(TimeSpan.FromSeconds(20));

        logger.Errors.ShouldBe(["Tenant demo: silent client 'first' could not be closed"]);
        await second.ExpectDisconnectedAsync(ReasonCode.KeepAliveTimeout);
    }

    private static async Task<MqttTestClient> ConnectAsync(TestBroker broker, string clientId)
    {
        var client = await broker.OpenAsync();
        var connect = new ConnectPacket { ProtocolVersion = ProtocolVersion.Mqtt5, ClientIdentifier = clientId, KeepAlive = 10 };
        (await client.ConnectAsync(connect)).ReasonCode.ShouldBe(ReasonCode.Success);
        // Then the edge has it.
        await client.SubscribeAsync("a", QualityOfService.AtMostOnce);
        return client;
    }
}
