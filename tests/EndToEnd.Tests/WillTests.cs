using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests;

[Trait(nameof(SharedBroker.Broker), SharedBroker.Any)]
public sealed class WillTests(SharedBroker shared)
{
    private readonly BrokerProcess _broker = shared.Broker;

    [Theory]
    [MemberData(nameof(Versions.All), MemberType = typeof(Versions))]
    public async Task Will_is_published_when_the_client_is_killed(string version)
    {
        var client = new Mosquitto(_broker) { Version = version };
        var topic = $"will/killed/{version}";
        await using var watcher = await client.SubscribeAsync(topic, "-q", "1");
        await using var device = await client.SubscribeAsync("will/anything", "--will-topic", topic, "--will-payload", "gone", "--will-qos", "1", "--will-retain");

        await device.KillAsync();

        (await watcher.MessageAsync()).ShouldBe($"{topic}|gone|1|0");
        await using var later = await client.SubscribeAsync(topic, "-q", "1");
        (await later.MessageAsync()).ShouldBe($"{topic}|gone|1|1");
    }

    [Theory]
    [MemberData(nameof(Versions.All), MemberType = typeof(Versions))]
    public async Task Will_is_forgotten_when_the_client_says_goodbye(string version)
    {
        var client = new Mosquitto(_broker) { Version = version };
        var topic = $"will/goodbye/{version}";
        await using var watcher = await client.SubscribeAsync(topic);

        // Publishing and disconnecting is all that this client does.
        await client.PublishAsync("will/anything", "x", "-q", "1", "--will-topic", topic, "--will-payload", "gone");
        await client.PublishAsync(topic, "still quiet");

        (await watcher.MessageAsync()).ShouldBe($"{topic}|still quiet|0|0");
    }

    [Fact]
    public async Task Delayed_will_is_not_published_when_the_client_is_back_in_time()
    {
        var client = new Mosquitto(_broker) { Version = "5" };
        string[] session = ["-i", "will-delayed", "-c", "-x", "300"];
        await using var watcher = await client.SubscribeAsync("will/delayed", "-q", "1");
        await using (var device = await client.SubscribeAsync(
            "will/anything", [.. session, "--will-topic", "will/delayed", "--will-payload", "gone", "-D", "will", "will-delay-interval", "5"]))
            await device.KillAsync();

        await using var back = await client.SubscribeAsync("will/delayed-marker", session);
        // A second will with the same delay comes after the first one would have.
        await using (var other = await client.SubscribeAsync(
            "will/anything", "-x", "300", "--will-topic", "will/delayed", "--will-payload", "marker", "-D", "will", "will-delay-interval", "5"))
            await other.KillAsync();

        (await watcher.MessageAsync()).ShouldBe("will/delayed|marker|0|0");
    }
}
