using Microsoft.Extensions.DependencyInjection;
using Starling.Edge.Configuration;
using Starling.Hosting.Management;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

/// <summary>How clients are sent away when the process is told to stop.</summary>
public sealed class DrainTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Clients_are_told_where_to_go()
    {
        await using var broker = await TestBroker.StartAsync(
            new DrainOptions { Reason = DrainReason.UseAnotherServer, ServerReference = "mqtt2.example.com:8883" }, _time);
        await using var client = await broker.ConnectAsync("device");
        await using var older = await broker.ConnectAsync("older", ProtocolVersion.Mqtt311);

        await broker.StopAsync();

        var disconnect = await client.ExpectAsync<DisconnectPacket>();
        disconnect.ReasonCode.ShouldBe(ReasonCode.UseAnotherServer);
        disconnect.ServerReference.ShouldBe("mqtt2.example.com:8883");
        await client.ExpectClosedAsync();
        await older.ExpectClosedAsync();
    }

    [Fact]
    public async Task Connections_are_closed_evenly_over_the_time_for_it()
    {
        await using var broker = await TestBroker.StartAsync(new DrainOptions { Over = TimeSpan.FromSeconds(1) }, _time);
        var clients = new List<MqttTestClient>();
        for (var i = 0; i < 20; i++)
            clients.Add(await broker.ConnectAsync($"device{i}"));

        var stopping = broker.StopAsync();
        for (var elapsed = 0; broker.Counters.ConnectionsOpen.Value > 0; elapsed += 10)
        {
            broker.Counters.ConnectionsOpen.Value.ShouldBeGreaterThanOrEqualTo(20 - (2 * (1 + (elapsed / 100))));
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }

        await stopping;
        foreach (var client in clients)
        {
            (await client.ExpectAsync<DisconnectPacket>()).ReasonCode.ShouldBe(ReasonCode.ServerShuttingDown);
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task New_clients_are_taken_for_a_while_after_readiness_is_gone()
    {
        await using var broker = await TestBroker.StartAsync(new DrainOptions { Delay = TimeSpan.FromSeconds(5) }, _time);

        var stopping = broker.StopAsync();

        broker.Services.GetServices<IReadinessCheck>().ShouldContain(check => check.NotReadyReason != null);
        await using var late = await broker.ConnectAsync("late");
        stopping.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(5));
        await stopping;
        (await late.ExpectAsync<DisconnectPacket>()).ReasonCode.ShouldBe(ReasonCode.ServerShuttingDown);
    }
}
