using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests;

[Trait(nameof(SharedBroker.Broker), SharedBroker.Any)]
public sealed class PersistentSessionTests(SharedBroker shared)
{
    private readonly BrokerProcess _broker = shared.Broker;

    [Theory]
    [MemberData(nameof(Versions.All), MemberType = typeof(Versions))]
    public async Task Messages_wait_for_a_client_that_is_away(string version)
    {
        var client = new Mosquitto(_broker) { Version = version };
        var topic = $"session/away/{version}";
        string[] session = ["-i", "away-" + version, "-c", "-q", "2", .. version == "5" ? ["-x", "300"] : Array.Empty<string>()];
        await using (var first = client.StartSubscribe(topic, [.. session, "-E"]))
            await first.SucceedAsync();

        foreach (var (message, qos) in new[] { ("one", "1"), ("two", "2"), ("three", "1"), ("four", "2") })
            await client.PublishAsync(topic, message, "-q", qos);

        await using var again = client.StartSubscribe(topic, session);
        for (var i = 0; i < 4; i++)
            await again.MessageAsync();
        // Order is kept within a QoS: a message of QoS 2 takes its receiver one more round trip.
        again.Messages().Where(message => message.EndsWith("|1|0", StringComparison.Ordinal)).ShouldBe([$"{topic}|one|1|0", $"{topic}|three|1|0"]);
        again.Messages().Where(message => message.EndsWith("|2|0", StringComparison.Ordinal)).ShouldBe([$"{topic}|two|2|0", $"{topic}|four|2|0"]);
    }

    [Theory]
    [MemberData(nameof(Versions.All), MemberType = typeof(Versions))]
    public async Task Clean_session_has_nothing_waiting(string version)
    {
        var client = new Mosquitto(_broker) { Version = version };
        var topic = $"session/clean/{version}";
        string[] session = ["-i", "clean-" + version, "-q", "1"];
        await using (var first = client.StartSubscribe(topic, [.. session, "-E"]))
            await first.SucceedAsync();

        await client.PublishAsync(topic, "missed", "-q", "1");

        await using var again = await client.SubscribeAsync(topic, session);
        await client.PublishAsync(topic, "live", "-q", "1");
        (await again.MessageAsync()).ShouldBe($"{topic}|live|1|0");
    }

    [Fact]
    public async Task Message_that_a_killed_client_did_not_acknowledge_is_sent_again()
    {
        var client = new Mosquitto(_broker) { Version = "5" };
        string[] session = ["-i", "killed", "-c", "-q", "1", "-x", "300"];
        await using (var device = await client.SubscribeAsync("session/killed", session))
        {
            // Stopped, it can't acknowledge; its socket still takes what comes.
            await device.SignalAsync("STOP");
            await client.PublishAsync("session/killed", "precious", "-q", "1");
            await device.KillAsync();
        }

        await using var again = client.StartSubscribe("session/killed", session);

        (await again.MessageAsync()).ShouldBe("session/killed|precious|1|0");
    }

    [Fact]
    public async Task Second_client_with_the_same_id_takes_the_session_over()
    {
        var client = new Mosquitto(_broker) { Version = "5" };
        await using var first = await client.SubscribeAsync("session/takeover", "-i", "takeover");

        await using var second = await client.SubscribeAsync("session/takeover", "-i", "takeover");

        await first.LineAsync("Received DISCONNECT (142)");
    }
}
