using System.Diagnostics;
using Starling.Protocol;
using Starling.Testing.PostgreSql;

namespace Starling.Silo.Tests.Processes;

/// <summary>Nodes that end without a word.</summary>
public sealed class KilledNodeTests(SharedPostgres postgres)
{
    [Fact]
    public async Task After_a_silo_was_killed_messages_flow_again_within_five_seconds()
    {
        await using var cluster = await RunningCluster.StartAsync(postgres, silos: 3, edges: 2);
        await using var subscriber = await cluster.ConnectAsync(0, "subscriber", expiry: 600);
        await subscriber.SubscribeAsync("plant/#", QualityOfService.AtLeastOnce);
        await using var publisher = await cluster.ConnectAsync(1, "publisher");
        var topics = Enumerable.Range(0, 12).Select(number => $"plant/{number}").ToArray();
        await PublishAsync();

        await cluster.Silos[1].Process.KillAsync();
        var killed = Stopwatch.GetTimestamp();
        await PublishAsync();

        Stopwatch.GetElapsedTime(killed).TotalSeconds.ShouldBeLessThan(5, cluster.Log());

        async Task PublishAsync()
        {
            foreach (var topic in topics)
                (await publisher.PublishAsync(topic, "x", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.Success);
            var received = new HashSet<string>();
            while (received.Count < topics.Length)
                received.Add((await subscriber.ExpectMessageAsync()).Topic);
        }
    }

    [Fact]
    public async Task The_will_of_a_client_of_a_killed_edge_is_published_within_fifteen_seconds()
    {
        await using var cluster = await RunningCluster.StartAsync(postgres, silos: 2, edges: 2);
        await using var watcher = await cluster.ConnectAsync(0, "watcher");
        await watcher.SubscribeAsync("wills/#", QualityOfService.AtLeastOnce);
        await using var dying = await cluster.ConnectAsync(1, "dying", will: new Will { Topic = "wills/dying", Payload = "gone"u8.ToArray(), QoS = QualityOfService.AtLeastOnce });

        await cluster.Edges[1].Process.KillAsync();
        var killed = Stopwatch.GetTimestamp();

        (await watcher.ExpectMessageAsync()).Topic.ShouldBe("wills/dying");
        Stopwatch.GetElapsedTime(killed).TotalSeconds.ShouldBeLessThan(15, cluster.Log());
    }
}
