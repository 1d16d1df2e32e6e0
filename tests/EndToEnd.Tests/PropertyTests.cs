using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests;

[Trait(nameof(SharedBroker.Broker), SharedBroker.Any)]
public sealed class PropertyTests(SharedBroker shared)
{
    private static readonly string[] Properties =
    [
        "-D", "publish", "user-property", "b", "2",
        "-D", "publish", "user-property", "a", "1",
        "-D", "publish", "content-type", "text/plain",
        "-D", "publish", "response-topic", "answers/here",
        "-D", "publish", "correlation-data", "q-17",
        "-D", "publish", "payload-format-indicator", "1",
        "-D", "publish", "message-expiry-interval", "3600",
    ];

    private readonly Mosquitto _client = new(shared.Broker) { Version = "5" };

    [Fact]
    public async Task Properties_of_a_message_reach_its_subscriber()
    {
        await using var subscriber = await _client.SubscribeAsync("property/live", "-F", "message %C|%R|%D|%F|%P");

        await _client.PublishAsync("property/live", "x", Properties);

        (await subscriber.MessageAsync()).ShouldBe("text/plain|answers/here|q-17|1|b:2 a:1");
    }

    [Fact]
    public async Task Properties_of_a_retained_message_are_replayed_with_the_remaining_expiry()
    {
        await _client.PublishAsync("property/retained", "x", ["-r", "-q", "1", .. Properties]);

        await using var subscriber = await _client.SubscribeAsync("property/retained", "-F", "message %E|%C|%R|%D|%F|%P");
        var message = await subscriber.MessageAsync();

        var expiry = message.Split('|')[0];
        int.Parse(expiry, System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(3500, 3600);
        message[expiry.Length..].ShouldBe("|text/plain|answers/here|q-17|1|b:2 a:1");
    }

    [Fact]
    public async Task Subscriber_with_an_older_version_gets_the_message_without_them()
    {
        await using var subscriber = await new Mosquitto(shared.Broker).SubscribeAsync("property/older");

        await _client.PublishAsync("property/older", "x", Properties);

        (await subscriber.MessageAsync()).ShouldBe("property/older|x|0|0");
    }
}
