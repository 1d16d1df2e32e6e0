using Starling.Protocol;

namespace Starling.Edge.Tests.Connections;

public sealed class PingTests
{
    [Theory]
    [InlineData(ProtocolVersion.Mqtt31)]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-3.12.4-1")]
    [Trait("Statement", "MQTT311-3.12.4-1")]
    public async Task Every_PINGREQ_is_answered(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendAsync([0xC0, 0, 0xC0, 0, 0xC0, 0]);

        for (var i = 0; i < 3; i++)
            (await client.ReceiveAsync()).Bytes.ShouldBe([0xD0, 0]);
        await client.ExpectNothingAsync();
    }
}
