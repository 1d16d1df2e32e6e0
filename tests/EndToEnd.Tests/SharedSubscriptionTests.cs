using System.Globalization;
using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests;

[Trait(nameof(SharedBroker.Broker), SharedBroker.Any)]
public sealed class SharedSubscriptionTests(SharedBroker shared)
{
    private readonly BrokerProcess _broker = shared.Broker;

    [Theory]
    [MemberData(nameof(Versions.WithSharedSubscriptions), MemberType = typeof(Versions))]
    public async Task Members_of_a_group_share_the_messages_evenly(string version)
    {
        var client = new Mosquitto(_broker) { Version = version };
        var topic = $"shared/{version}";
        await using var one = await client.SubscribeAsync("$share/group/" + topic, "-q", "1");
        await using var two = await client.SubscribeAsync("$share/group/" + topic, "-q", "1");
        await using var other = await client.SubscribeAsync("$share/another/" + topic, "-q", "1");
        await using var publisher = client.StartPublishLines(topic, "-q", "1");

        for (var i = 0; i < 10; i++)
            await publisher.WriteLineAsync(i.ToString(CultureInfo.InvariantCulture));

        var messages = Enumerable.Range(0, 10).Select(i => $"{topic}|{i}|1|0").ToArray();
        foreach (var message in messages)
            (await other.MessageAsync()).ShouldBe(message);
        for (var i = 0; i < 5; i++)
        {
            await one.MessageAsync();
            await two.MessageAsync();
        }
        one.Messages().Concat(two.Messages()).ShouldBe(messages, ignoreOrder: true);
    }

    [Fact]
    public async Task Messages_of_a_member_that_went_without_acknowledging_go_to_another_one()
    {
        var client = new Mosquitto(_broker) { Version = "5" };
        await using var stopped = await client.SubscribeAsync("$share/group/shared/redispatched", "-q", "1");
        await stopped.SignalAsync("STOP");
        await client.PublishAsync("shared/redispatched", "precious", "-q", "1");
        await using var alive = await client.SubscribeAsync("$share/group/shared/redispatched", "-q", "1");

        await stopped.KillAsync();

        (await alive.MessageAsync()).ShouldBe("shared/redispatched|precious|1|0");
    }
}
