using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests;

public sealed class StopTests
{
    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Client_is_told_that_the_broker_shuts_down(string signal)
    {
        await using var broker = await BrokerProcess.StartAsync();
        await using var client = await new Mosquitto(broker) { Version = "5" }.SubscribeAsync("stop/#");
        await using var older = await new Mosquitto(broker).SubscribeAsync("stop/#");

        await broker.StopAsync(signal);

        await client.LineAsync("Received DISCONNECT (139)");
    }

    [Fact]
    public async Task SIGHUP_reads_the_files_again_and_SIGUSR1_and_SIGUSR2_do_nothing()
    {
        await using var broker = await BrokerProcess.StartAsync();
        var demo = new Mosquitto(broker);
        await using var subscriber = await demo.SubscribeAsync("signal");
        await broker.LogLineAsync("tenants loaded"); // at the start

        foreach (var signal in new[] { "USR1", "USR2", "HUP" })
            await broker.SignalAsync(signal);
        await broker.LogLineAsync("tenants loaded");
        await demo.PublishAsync("signal", "still here");

        (await subscriber.MessageAsync()).ShouldBe("signal|still here|0|0");
    }

    [Fact]
    public async Task WebSocket_client_is_told_too()
    {
        await using var broker = await BrokerProcess.StartAsync();
        await using var client = await JsClient.ConnectAsync(broker, "wss", 5);

        await broker.StopAsync();

        (await client.EventAsync("disconnect")).GetProperty("reasonCode").GetInt32().ShouldBe(0x8B);
        await client.EventAsync("close");
    }
}
