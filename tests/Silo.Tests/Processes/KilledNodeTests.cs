using System.Diagnostics;
using Starling.Protocol;

namespace Starling.Silo.Tests.Processes;

/// <summary>Nodes that are killed, and how long clients notice it.</summary>
[Collection(nameof(SharedCluster))]
[Trait("Lane", "alone")]
public sealed class KilledNodeTests(SharedCluster shared)
{
    [Fact]
    public async Task After_a_silo_was_killed_messages_flow_again_within_five_seconds()
    {
        var cluster = shared.Running;
        await using var subscriber = await cluster.ConnectAsync(0, "receiver", expiry: 600);
        await subscriber.SubscribeAsync("floor/#", QualityOfService.AtLeastOnce);
        await using var publisher = await cluster.ConnectAsync(1, "sender");
        var topics = Enumerable.Range(0, 12).Select(number => $"floor/{number}").ToArray();
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
        var cluster = shared.Running;
        await using var watcher = await cluster.ConnectAsync(0, "watcher");
        await watcher.SubscribeAsync("wills/#", QualityOfService.AtLeastOnce);
        await using var dying = await cluster.ConnectAsync(2, "dying", will: new Will { Topic = "wills/dying", Payload = "gone"u8.ToArray(), QoS = QualityOfService.AtLeastOnce });

        await cluster.Edges[2].Process.KillAsync();
        var killed = Stopwatch.GetTimestamp();

        (await watcher.ExpectMessageAsync()).Topic.ShouldBe("wills/dying");
        Stopwatch.GetElapsedTime(killed).TotalSeconds.ShouldBeLessThan(15, cluster.Log());
    }
}
