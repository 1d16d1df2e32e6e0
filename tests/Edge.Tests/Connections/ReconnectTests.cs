using Starling.Protocol;

namespace Starling.Edge.Tests.Connections;

public sealed class ReconnectTests
{
    [Fact]
    public async Task A_client_that_comes_back_while_its_old_connection_ends_stays()
    {
        await using var broker = await TestBroker.StartAsync();
        for (var round = 0; round < 500; round++)
        {
            var client = await broker.ConnectAsync("c", ProtocolVersion.Mqtt5);
            // Without DISCONNECT: the broker finds out while the next connection is on its way.
            await client.DisposeAsync();

            await using var next = await broker.ConnectAsync("c", ProtocolVersion.Mqtt5);

            await next.ExpectNothingAsync();
        }
    }
}
