using Starling.Protocol;

namespace Starling.Silo.Tests.Processes;

/// <summary>Clients of two edges. Shares the cluster of tests that measure time, and so runs with them.</summary>
[Collection(nameof(SharedCluster))]
[Trait("Lane", "alone")]
public sealed class AcrossEdgesTests(SharedCluster cluster)
{
    private readonly RunningCluster _cluster = cluster.Running;

    [Fact]
    public async Task What_belongs_to_all_edges_is_the_same_on_each_of_them()
    {
        await Messages_reach_subscribers_of_the_other_edge();
        await A_retained_message_is_found_on_the_other_edge();
        await A_durable_session_goes_on_on_the_other_edge();
        await A_client_that_connects_to_the_other_edge_takes_its_session_over();
        await A_shared_subscription_has_members_on_both_edges();
    }

    private async Task Messages_reach_subscribers_of_the_other_edge()
    {
        await using var subscriber = await _cluster.ConnectAsync(0, "subscriber");
        await using var publisher = await _cluster.ConnectAsync(1, "publisher");
        await subscriber.SubscribeAsync("plant/#", QualityOfService.ExactlyOnce);
        foreach (var qos in Enum.GetValues<QualityOfService>())
        {
            await publisher.PublishAsync($"plant/{qos}", $"{qos}", qos);
            var message = await subscriber.ExpectMessageAsync();
            (message.Topic, message.QoS).ShouldBe(($"plant/{qos}", qos));
        }
    }

    private async Task A_retained_message_is_found_on_the_other_edge()
    {
        await using var publisher = await _cluster.ConnectAsync(1, "retaining");
        await publisher.PublishAsync("state/door", "open", QualityOfService.AtLeastOnce, retain: true);
        await using var subscriber = await _cluster.ConnectAsync(0, "asking");
        await subscriber.SubscribeAsync("state/+", QualityOfService.AtLeastOnce);
        (await subscriber.ExpectMessageAsync()).Topic.ShouldBe("state/door");
    }

    private async Task A_durable_session_goes_on_on_the_other_edge()
    {
        await using (var first = await _cluster.ConnectAsync(0, "durable", expiry: 600))
        {
            await first.SubscribeAsync("orders/#", QualityOfService.AtLeastOnce);
            await first.DisconnectAsync();
        }

        await using var publisher = await _cluster.ConnectAsync(0, "shop");
        await publisher.PublishAsync("orders/1", "a", QualityOfService.AtLeastOnce);
        await using var second = await _cluster.ConnectAsync(1, "durable", cleanStart: false, expiry: 600);
        (await second.ExpectMessageAsync()).Topic.ShouldBe("orders/1");
        await publisher.PublishAsync("orders/2", "b", QualityOfService.ExactlyOnce);
        (await second.ExpectMessageAsync()).Topic.ShouldBe("orders/2");
    }

    private async Task A_client_that_connects_to_the_other_edge_takes_its_session_over()
    {
        await using var first = await _cluster.ConnectAsync(0, "mover");
        await using var second = await _cluster.ConnectAsync(1, "mover");
        await first.ExpectDisconnectedAsync(ReasonCode.SessionTakenOver);
    }

    private async Task A_shared_subscription_has_members_on_both_edges()
    {
        await using var one = await _cluster.ConnectAsync(0, "worker-1");
        await using var two = await _cluster.ConnectAsync(1, "worker-2");
        await one.SubscribeAsync("$share/workers/jobs/+", QualityOfService.AtLeastOnce);
        await two.SubscribeAsync("$share/workers/jobs/+", QualityOfService.AtLeastOnce);
        await using var publisher = await _cluster.ConnectAsync(0, "boss");
        await publisher.PublishAsync("jobs/x", "1", QualityOfService.AtLeastOnce);
        await publisher.PublishAsync("jobs/x", "2", QualityOfService.AtLeastOnce);
        (await one.ExpectMessageAsync()).Topic.ShouldBe("jobs/x");
        (await two.ExpectMessageAsync()).Topic.ShouldBe("jobs/x");
    }
}
