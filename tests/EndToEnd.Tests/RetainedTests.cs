using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests;

[Trait(nameof(SharedBroker.Broker), SharedBroker.Any)]
public sealed class RetainedTests(SharedBroker shared)
{
    private readonly BrokerProcess _broker = shared.Broker;

    [Theory]
    [MemberData(nameof(Versions.All), MemberType = typeof(Versions))]
    public async Task Retained_message_is_replayed_to_who_comes_later(string version)
    {
        var client = new Mosquitto(_broker) { Version = version };
        var topic = $"retained/later/{version}";
        await client.PublishAsync(topic, "first", "-r", "-q", "1");
        await client.PublishAsync(topic, "last", "-r", "-q", "1");

        await using var subscriber = await client.SubscribeAsync("retained/later/#", "-q", "1");

        (await subscriber.LineAsync(topic + "|")).ShouldBe($"message {topic}|last|1|1");
    }

    [Fact]
    public async Task Retained_message_is_an_ordinary_one_for_who_is_there_already()
    {
        var client = new Mosquitto(_broker);
        await using var subscriber = await client.SubscribeAsync("retained/live");

        await client.PublishAsync("retained/live", "now", "-r");

        (await subscriber.MessageAsync()).ShouldBe("retained/live|now|0|0");
    }

    [Theory]
    [MemberData(nameof(Versions.All), MemberType = typeof(Versions))]
    public async Task Empty_retained_message_clears_the_topic(string version)
    {
        var client = new Mosquitto(_broker) { Version = version };
        var topic = $"retained/cleared/{version}";
        await client.PublishAsync(topic, "old", "-r", "-q", "1");
        await client.PublishAsync(topic, "", "-r", "-q", "1");

        await using var subscriber = await client.SubscribeAsync(topic);
        await client.PublishAsync(topic, "live");

        (await subscriber.MessageAsync()).ShouldBe($"{topic}|live|0|0");
    }

    [Fact]
    public async Task Subscriber_may_ask_for_no_replay()
    {
        await using var client = await JsClient.ConnectAsync(_broker, "tcp", 5);
        await client.PublishAsync("retained/unwanted", "old", new { retain = true, qos = 1 });

        await client.SubscribeAsync("retained/unwanted", new { qos = 1, rh = 2 });
        await client.PublishAsync("retained/unwanted", "live", new { qos = 1 });

        (await client.MessageAsync()).ShouldBe("retained/unwanted|live|1|0");
    }

    [Fact]
    public async Task Subscriber_may_ask_for_the_retain_flag_as_published()
    {
        var client = new Mosquitto(_broker) { Version = "5" };
        await using var subscriber = await client.SubscribeAsync("retained/as-published", "--retain-as-published");

        await client.PublishAsync("retained/as-published", "now", "-r");

        (await subscriber.MessageAsync()).ShouldBe("retained/as-published|now|0|1");
    }
}
