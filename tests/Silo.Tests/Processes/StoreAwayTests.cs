using Starling.Protocol;
using Starling.Testing.PostgreSql;

namespace Starling.Silo.Tests.Processes;

/// <summary>A silo, two edges, and a PostgreSQL server that stands still.</summary>
public sealed class StoreAwayTests : IAsyncLifetime
{
    private readonly SharedPostgres _postgres = new();
    private RunningCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await RunningCluster.StartAsync(_postgres, silos: 1, edges: 2);

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    [Fact]
    public async Task QoS_0_goes_on_from_edge_to_edge_while_messages_before_it_wait_for_the_store()
    {
        await using (var durable = await _cluster.ConnectAsync(0, "durable", expiry: 600))
        {
            await durable.SubscribeAsync("plant/1", QualityOfService.AtLeastOnce);
            await durable.DisconnectAsync();
        }

        await using var subscriber = await _cluster.ConnectAsync(0, "subscriber");
        await subscriber.SubscribeAsync("plant/1", QualityOfService.AtLeastOnce);
        await using var stored = await _cluster.ConnectAsync(1, "stored");
        await using var direct = await _cluster.ConnectAsync(1, "direct");
        var server = await _postgres.ServerAsync();

        await server.PauseAsync();
        var storing = stored.PublishAsync("plant/1", "stored", QualityOfService.AtLeastOnce);
        // Each has come before the next one goes, so most of them are behind the one that waits, on the same way.
        for (var i = 0; i < 50; i++)
        {
            await direct.PublishAsync("plant/1", $"{i}", QualityOfService.AtMostOnce);
            (await subscriber.ExpectMessageAsync()).QoS.ShouldBe(QualityOfService.AtMostOnce, _cluster.Log());
        }

        storing.IsCompleted.ShouldBeFalse();
        await server.ResumeAsync();
        await storing;
        (await subscriber.ExpectMessageAsync()).QoS.ShouldBe(QualityOfService.AtLeastOnce);
    }
}
