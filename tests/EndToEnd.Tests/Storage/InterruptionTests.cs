using Starling.Protocol;

namespace Starling.EndToEnd.Tests.Storage;

/// <summary>PostgreSQL drops its connections in the middle of the traffic, again and again.</summary>
public sealed class InterruptionTests(OutageServer postgres) : IClassFixture<OutageServer>
{
    private const int Rounds = 3;
    private const int PerRound = 400;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task All_is_acknowledged_and_arrives_once_and_in_order(bool restart)
    {
        await using var broker = await StoredBroker.StartAsync(postgres.Server);
        await using var subscriber = await broker.ConnectAsync("subscriber", expiry: 3600, change: connect => connect with { ReceiveMaximum = 10 });
        await subscriber.SubscribeAsync("d/#", QualityOfService.ExactlyOnce);
        await using var client = await broker.ConnectAsync("publisher", expiry: 3600);
        var publisher = new DurablePublisher(client);
        var all = Enumerable.Range(1, Rounds * PerRound).ToArray();
        var received = DurablePublisher.ReceiveAsync(subscriber, all.Length);
        foreach (var round in all.Chunk(PerRound))
        {
            await publisher.SendAsync("d/1", round);
            if (restart)
                await postgres.Server.RestartAsync(immediate: true);
            else
                await postgres.Server.KillBackendsAsync(broker.Database);
            (await publisher.CompleteAsync()).ShouldBe(round);
        }

        (await received).ShouldBe(all);
        await broker.ReadyAsync();
    }
}
