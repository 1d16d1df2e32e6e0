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
    public async Task WebSocket_client_is_told_too()
    {
        await using var broker = await BrokerProcess.StartAsync();
        await using var client = await JsClient.ConnectAsync(broker, "wss", 5);

        await broker.StopAsync();

        (await client.EventAsync("disconnect")).GetProperty("reasonCode").GetInt32().ShouldBe(0x8B);
        await client.EventAsync("close");
    }
}
