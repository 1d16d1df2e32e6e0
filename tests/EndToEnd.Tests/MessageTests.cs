using System.Globalization;
using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests;

[Trait(nameof(SharedBroker.Broker), SharedBroker.Any)]
public sealed class MessageTests(SharedBroker shared)
{
    private readonly BrokerProcess _broker = shared.Broker;

    [Theory]
    [MemberData(nameof(Versions.WithEveryQoS), MemberType = typeof(Versions))]
    public async Task Message_arrives_once_and_as_it_was_sent(string version, int qos)
    {
        var client = new Mosquitto(_broker) { Version = version };
        var topic = $"message/{version}/{qos}";
        var q = qos.ToString(CultureInfo.InvariantCulture);
        await using var subscriber = await client.SubscribeAsync(topic, "-q", q);

        await client.PublishAsync(topic, "grüße | 1", "-q", q);
        await client.PublishAsync(topic, "the end", "-q", q);

        (await subscriber.MessageAsync()).ShouldBe($"{topic}|grüße | 1|{qos}|0");
        (await subscriber.MessageAsync()).ShouldBe($"{topic}|the end|{qos}|0");
        subscriber.Messages().Length.ShouldBe(2);
    }

    [Fact]
    public async Task Subscription_limits_the_QoS_of_what_it_gets()
    {
        var client = new Mosquitto(_broker) { Version = "5" };
        await using var subscriber = await client.SubscribeAsync("message/limited", "-q", "1");

        await client.PublishAsync("message/limited", "two", "-q", "2");

        (await subscriber.MessageAsync()).ShouldBe("message/limited|two|1|0");
    }

    [Fact]
    public async Task Clients_of_different_versions_hear_each_other()
    {
        var (old, usual, current) = (new Mosquitto(_broker) { Version = "31" }, new Mosquitto(_broker), new Mosquitto(_broker) { Version = "5" });
        await using var oldSubscriber = await old.SubscribeAsync("message/mixed/#", "-q", "2");
        await using var currentSubscriber = await current.SubscribeAsync("message/mixed/#", "-q", "2");

        await current.PublishAsync("message/mixed/from-5", "a", "-q", "2");
        await usual.PublishAsync("message/mixed/from-311", "b", "-q", "1");
        await old.PublishAsync("message/mixed/from-31", "c", "-q", "2");

        // A client shows a message of QoS 2 when it is released, which may be after one of QoS 1 that was sent later.
        foreach (var subscriber in new[] { oldSubscriber, currentSubscriber })
        {
            string[] messages = [await subscriber.MessageAsync(), await subscriber.MessageAsync(), await subscriber.MessageAsync()];
            messages.ShouldBe(["message/mixed/from-5|a|2|0", "message/mixed/from-311|b|1|0", "message/mixed/from-31|c|2|0"], ignoreOrder: true);
        }
    }

    [Fact]
    public async Task Wildcards_match_levels_as_they_should()
    {
        var client = new Mosquitto(_broker);
        await using var one = await client.SubscribeAsync("message/wild/+/temperature");
        await using var all = await client.SubscribeAsync("message/wild/#");

        await client.PublishAsync("message/wild", "parent");
        await client.PublishAsync("message/wild/kitchen/temperature", "21");
        await client.PublishAsync("message/wild/kitchen/oven/temperature", "180");

        foreach (var expected in new[] { "message/wild|parent|0|0", "message/wild/kitchen/temperature|21|0|0", "message/wild/kitchen/oven/temperature|180|0|0" })
            (await all.MessageAsync()).ShouldBe(expected);
        (await one.MessageAsync()).ShouldBe("message/wild/kitchen/temperature|21|0|0");
        one.Messages().Length.ShouldBe(1);
    }

    [Fact]
    public async Task Messages_of_one_publisher_keep_their_order()
    {
        var client = new Mosquitto(_broker) { Version = "5" };
        await using var subscriber = await client.SubscribeAsync("message/order", "-q", "1");
        await using var publisher = client.StartPublishLines("message/order", "-q", "1");

        for (var i = 0; i < 500; i++)
            await publisher.WriteLineAsync(i.ToString(CultureInfo.InvariantCulture));

        for (var i = 0; i < 500; i++)
            (await subscriber.MessageAsync()).ShouldBe($"message/order|{i}|1|0");
    }
}
