using Starling.Protocol;
using Starling.Testing.PostgreSql;

namespace Starling.Silo.Tests.Processes;

/// <summary>Nodes that show each other certificates.</summary>
public sealed class NodeTlsTests(SharedPostgres postgres)
{
    [Fact]
    public async Task Nodes_with_certificates_of_the_authority_are_a_cluster_and_others_do_not_get_in()
    {
        using var authority = new Authority("Starling");
        using var other = new Authority("Starling");
        await using var cluster = await RunningCluster.StartAsync(postgres, new ClusterPlan { Silos = 2, Edges = 1, Settings = authority.Settings("node") });
        await using var subscriber = await cluster.ConnectAsync(0, "subscriber");
        await subscriber.SubscribeAsync("plant/#", QualityOfService.ExactlyOnce);
        await using var publisher = await cluster.ConnectAsync(0, "publisher");
        await PublishAsync("before");

        var (edge, strangeEdge) = (cluster.StartEdge("cluster.tls=null"), cluster.StartEdge([.. other.Settings("strange-edge")]));
        var (silo, strangeSilo) = (cluster.StartSilo("cluster.tls=null"), cluster.StartSilo([.. other.Settings("strange-silo")]));
        await Task.WhenAll(
            edge.Process.LineAsync("No silo admits this edge yet"),
            strangeEdge.Process.LineAsync("Refused a node: its certificate CN=node "),
            EndsAsync(silo),
            EndsAsync(strangeSilo),
            cluster.Silos[0].Process.LineAsync("Refused 127.0.0.1"),
            cluster.Silos[0].Process.LineAsync("Refused a node: its certificate CN=strange-"));

        await PublishAsync("after");

        // A silo that is not let in, or is declared dead by those who do not reach it.
        static async Task EndsAsync(Node node) => (await node.Process.ExitAsync())[^1].ShouldStartWith("starling: ");

        async Task PublishAsync(string text)
        {
            // All shards, which are on both silos.
            foreach (var topic in Enumerable.Range(0, 8).Select(number => $"plant/{number}"))
            {
                await publisher.PublishAsync(topic, text, QualityOfService.ExactlyOnce);
                (await subscriber.ExpectMessageAsync()).Topic.ShouldBe(topic);
            }
        }
    }
}
