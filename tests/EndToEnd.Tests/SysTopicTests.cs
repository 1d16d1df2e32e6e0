using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests;

[Trait(nameof(SharedBroker.Broker), SharedBroker.Any)]
public sealed class SysTopicTests(SharedBroker shared)
{
    private readonly BrokerProcess _broker = shared.Broker;

    [Theory]
    [InlineData("$SYS/broker/version")]
    [InlineData("$SYS/broker/uptime")]
    [InlineData("$SYS/broker/clients/connected")]
    [InlineData("$SYS/broker/messages/received")]
    [InlineData("$SYS/broker/messages/sent")]
    [InlineData("$SYS/broker/bytes/received")]
    [InlineData("$SYS/broker/subscriptions/count")]
    [InlineData("$SYS/broker/retained messages/count")]
    public async Task Topic_that_mosquitto_users_know_is_there(string topic)
    {
        await using var subscriber = await new Mosquitto(_broker).SubscribeAsync("$SYS/#");

        await subscriber.LineAsync($"message {topic}|");
    }

    [Fact]
    public async Task Wildcard_without_SYS_in_it_does_not_match_SYS()
    {
        var client = new Mosquitto(_broker) { Listener = "any", User = "zenith/device", Password = "device" };
        await using var sys = await client.SubscribeAsync("$SYS/broker/version");
        await using var all = await client.SubscribeAsync("#");
        await using var first = await client.SubscribeAsync("+/broker/version");

        await sys.MessageAsync();
        await client.PublishAsync("sys/broker/version", "marker");

        await first.LineAsync(line => line == "message sys/broker/version|marker|0|0", "the marker");
        await all.LineAsync(line => line == "message sys/broker/version|marker|0|0", "the marker");
        all.Messages().Concat(first.Messages()).ShouldAllBe(message => !message.StartsWith('$'));
    }

    [Fact]
    public async Task Nobody_publishes_to_SYS_but_the_broker()
    {
        var client = new Mosquitto(_broker);
        await using var subscriber = await client.SubscribeAsync("$SYS/broker/version");
        var version = await subscriber.MessageAsync();

        await client.StartPublish("$SYS/broker/version", "forged", "-r", "-q", "0").DisposeAsync();
        await using var later = await client.SubscribeAsync("$SYS/broker/version");

        (await later.MessageAsync()).Split('|')[1].ShouldBe(version.Split('|')[1]);
    }
}
