using Starling.Protocol;

namespace Starling.Edge.Tests.Connections;

public sealed class RetainedOvertakingTests
{
    [Theory]
    [InlineData(QualityOfService.AtMostOnce)]
    [InlineData(QualityOfService.AtLeastOnce)]
    public async Task A_retained_message_published_while_somebody_subscribes_comes_once(QualityOfService qos)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("publisher");
        for (var round = 0; round < 200; round++)
        {
            await using var subscriber = await broker.ConnectAsync($"subscriber{round}");
            var topic = $"t/{round}";

            // Both at once: the message is replayed, or delivered, whichever comes first.
            var published = publisher.PublishAsync(topic, "x", qos, retain: true);
            await subscriber.SubscribeAsync($"t/{round}/#", qos);
            await published;

            (await subscriber.ExpectMessageAsync()).Topic.ShouldBe(topic);
            await subscriber.ExpectNothingAsync();
        }
    }

    [Fact]
    public async Task The_last_value_a_new_subscriber_sees_is_the_newest()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("publisher");
        for (var round = 0; round < 100; round++)
        {
            var topic = $"t/{round}";
            await publisher.PublishAsync(topic, "old", QualityOfService.AtLeastOnce, retain: true);
            await using var subscriber = await broker.ConnectAsync($"subscriber{round}");

            var published = publisher.PublishAsync(topic, "new", QualityOfService.AtLeastOnce, retain: true);
            await subscriber.SubscribeAsync(topic, QualityOfService.AtLeastOnce);
            await published;

            var last = await subscriber.ExpectMessageAsync();
            while (last.Text != "new")
                last = await subscriber.ExpectMessageAsync();
            await subscriber.ExpectNothingAsync();
        }
    }
}
