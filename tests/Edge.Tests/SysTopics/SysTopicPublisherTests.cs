using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Contracts;
using Starling.Edge.Nodes;
using Starling.Edge.SysTopics;
using Starling.Edge.Tests.Connections;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.SysTopics;

public sealed class SysTopicPublisherTests
{
    [Fact]
    public async Task A_receiver_that_fails_is_logged_and_the_topics_are_published_again_ten_seconds_later()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("$SYS/broker/version", QualityOfService.AtMostOnce);
        (await client.ExpectMessageAsync()).Retain.ShouldBeTrue();
        var edge = broker.Services.GetRequiredService<EdgeNode>();
        var time = new ManualTime();
        var logger = new RecordingLogger<SysTopicPublisher>();
        using var publisher = new SysTopicPublisher(edge, new SysTopicSource(time), time, logger);
        var failing = new LocalSubscription(null!, new Subscription("$SYS/broker/uptime", new SubscriptionOptions(QualityOfService.AtMostOnce), null));
        edge.Tenants.Single().Subscriptions.Add(failing);

        time.Advance(TimeSpan.FromSeconds(10));

        logger.Errors.ShouldBe(["Publishing of $SYS topics failed"]);
        (await client.ExpectMessageAsync()).Retain.ShouldBeFalse();
        edge.Tenants.Single().Subscriptions.Remove(failing);
        time.Advance(TimeSpan.FromSeconds(10));
        (await client.ExpectMessageAsync()).Topic.ShouldBe("$SYS/broker/version");
        logger.Errors.Length.ShouldBe(1);
    }
}
