using Starling.Protocol;
using Starling.Testing;
using Starling.Testing.PostgreSql;

namespace Starling.Silo.Tests.Processes;

/// <summary>One silo and three edges, with a tenant whose clients are on all of them.</summary>
public sealed class QuotaTests(SharedPostgres postgres)
{
    private const int Connections = 12;
    private const int MessagesPerSecond = 120;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WarmingUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_limit_is_the_same_on_three_edges_together_as_on_one()
    {
        await using var cluster = await RunningCluster.StartAsync(postgres, new ClusterPlan
        {
            Silos = 1,
            Edges = 3,
            Tenants = ClusterPlan.AcmeWith($$"""{ "connections": {{Connections}}, "messagesPerSecondIn": {{MessagesPerSecond}} }"""),
        });
        List<MqttTestClient> clients = [];
        try
        {
            // Edges are given more as they use what they have; those that are refused come back, as devices do.
            var since = TimeProvider.System.GetTimestamp();
            while (clients.Count < Connections && TimeProvider.System.GetElapsedTime(since) < Patience)
                clients.AddRange(await ConnectAsync(cluster, clients.Count));
            clients.AddRange(await ConnectAsync(cluster, clients.Count));
            clients.Count.ShouldBeInRange((int)(0.9 * Connections), Connections, cluster.Log());

            (await RateAsync(clients)).ShouldBe(MessagesPerSecond, 0.1 * MessagesPerSecond, cluster.Log());
        }
        finally
        {
            foreach (var client in clients)
                await client.DisposeAsync();
        }
    }

    /// <summary>All at once; those that are refused hear that it is the quota.</summary>
    private static async Task<IReadOnlyList<MqttTestClient>> ConnectAsync(RunningCluster cluster, int before)
    {
        var tries = await Task.WhenAll(Enumerable.Range(0, Connections).Select(number => cluster.TryConnectAsync(number % 3, $"client-{before}-{number}")));
        foreach (var (client, answer) in tries.Where(made => made.Answer.ReasonCode != ReasonCode.Success))
        {
            answer.ReasonCode.ShouldBe(ReasonCode.QuotaExceeded);
            await client.DisposeAsync();
        }

        return [.. tries.Where(made => made.Answer.ReasonCode == ReasonCode.Success).Select(made => made.Client)];
    }

    /// <summary>What all together have acknowledged per second, each publishing as fast as it is answered.</summary>
    private static async Task<double> RateAsync(IReadOnlyList<MqttTestClient> clients)
    {
        var acknowledged = 0;
        using var stop = new CancellationTokenSource();
        var publishing = clients.Select(client => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await client.PublishAsync("load", "x", QualityOfService.AtLeastOnce);
                Interlocked.Increment(ref acknowledged);
            }
        })).ToArray();
        using var span = new PeriodicTimer(WarmingUp);
        await span.WaitForNextTickAsync(CancellationToken.None);
        var (before, since) = (Volatile.Read(ref acknowledged), TimeProvider.System.GetTimestamp());
        span.Period = Measured;
        await span.WaitForNextTickAsync(CancellationToken.None);
        var rate = (Volatile.Read(ref acknowledged) - before) / TimeProvider.System.GetElapsedTime(since).TotalSeconds;
        await stop.CancelAsync();
        await Task.WhenAll(publishing);
        return rate;
    }
}
