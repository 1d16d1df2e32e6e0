using Starling.EndToEnd.Tests.Harness;
using Starling.Protocol;
using Starling.Testing;
using Starling.Testing.PostgreSql;

namespace Starling.Silo.Tests.Processes;

/// <summary>Tenants that come and go while a cluster runs.</summary>
public sealed class TenantsTests(SharedPostgres postgres)
{
    /// <summary>Less than the time for which calls are repeated that nobody answers.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_tenant_that_is_put_into_the_database_is_served_by_all_nodes_until_it_is_removed()
    {
        await using var cluster = await RunningCluster.StartAsync(postgres, new ClusterPlan { Tenants = null });
        (await RefusalAsync(cluster, 0)).ShouldBe(ReasonCode.NotAuthorized);

        for (var life = 0; life < 2; life++)
        {
            await ImportAsync(cluster);
            await using var subscriber = await AcceptedAsync(cluster, 0, "subscriber");
            await using var publisher = await AcceptedAsync(cluster, 1, "publisher");
            await subscriber.SubscribeAsync("plant/#", QualityOfService.AtLeastOnce);
            // Shards on both silos.
            foreach (var topic in Enumerable.Range(0, 6).Select(number => $"plant/{number}"))
            {
                (await publisher.PublishAsync(topic, "x", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.Success, cluster.Log());
                (await subscriber.ExpectMessageAsync()).Topic.ShouldBe(topic);
            }

            await CommandAsync(cluster, "tenant", "remove", "acme");
            await subscriber.ExpectDisconnectedAsync(ReasonCode.NotAuthorized);
            await publisher.ExpectDisconnectedAsync(ReasonCode.NotAuthorized);
        }
    }

    [Fact]
    public async Task A_client_whose_tenant_the_silos_do_not_know_is_refused_at_once_and_served_when_they_do()
    {
        await using var cluster = await RunningCluster.StartAsync(
            postgres, new ClusterPlan { Silos = 1, Edges = 1, SiloTenants = """{ "tenants": {} }""" });
        var since = TimeProvider.System.GetTimestamp();

        (await RefusalAsync(cluster, 0)).ShouldBe(ReasonCode.ServerUnavailable, cluster.Log());
        TimeProvider.System.GetElapsedTime(since).ShouldBeLessThan(Soon);
        await cluster.Silos[0].Process.LineAsync("Call for tenant acme refused");

        await File.WriteAllTextAsync(cluster.SiloTenantsFile, ClusterPlan.AcmeWith("{}"), TestContext.Current.CancellationToken);
        await using var client = await AcceptedAsync(cluster, 0, "client");
        (await client.PublishAsync("plant/1", "x", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.NoMatchingSubscribers);
    }

    private static async Task<ReasonCode> RefusalAsync(RunningCluster cluster, int edge)
    {
        var (client, answer) = await cluster.TryConnectAsync(edge, "refused");
        await client.DisposeAsync();
        return answer.ReasonCode;
    }

    /// <summary>Nodes hear of a tenant at different moments.</summary>
    private static async Task<MqttTestClient> AcceptedAsync(RunningCluster cluster, int edge, string clientId)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var (client, answer) = await cluster.TryConnectAsync(edge, clientId);
            if (answer.ReasonCode == ReasonCode.Success)
                return client;
            await client.DisposeAsync();
            TimeProvider.System.GetElapsedTime(since).ShouldBeLessThan(Soon, $"{answer.ReasonCode}\n{cluster.Log()}");
        }
    }

    private static async Task ImportAsync(RunningCluster cluster)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, ClusterPlan.AcmeWith("{}"));
            await CommandAsync(cluster, "tenant", "import", file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task CommandAsync(RunningCluster cluster, params string[] arguments)
    {
        await using var command = ChildProcess.Start("dotnet", [Installation.CommandLine, .. arguments, "--database", cluster.ConnectionString]);
        await command.SucceedAsync();
    }
}
