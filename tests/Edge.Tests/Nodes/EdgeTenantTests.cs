using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Contracts;
using Starling.Broker.Standalone;
using Starling.Edge.Tests.Connections;
using Starling.Protocol;

namespace Starling.Edge.Tests.Nodes;

public sealed class EdgeTenantTests
{
    [Fact]
    public async Task A_connection_that_nobody_has_closed_is_closed_when_its_client_connects_here_anew()
    {
        WatchedCluster cluster = null!;
        await using var broker = await TestBroker.StartAsync(services => services.AddSingleton<ICluster>(
            provider => cluster = new WatchedCluster(provider.GetRequiredService<StandaloneCluster>())));
        await using var older = await broker.ConnectAsync("c");
        await older.SubscribeAsync("a", QualityOfService.AtMostOnce);
        cluster.Suffix = " of another silo";

        await using var newer = await broker.ConnectAsync("c");
        await newer.SubscribeAsync("a", QualityOfService.AtMostOnce);

        await older.ExpectDisconnectedAsync(ReasonCode.SessionTakenOver);
        await newer.SubscribeAsync("b", QualityOfService.AtMostOnce);
    }
}
