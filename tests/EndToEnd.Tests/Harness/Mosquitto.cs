using System.Globalization;

namespace Starling.EndToEnd.Tests.Harness;

/// <summary>mosquitto_pub and mosquitto_sub against one broker.</summary>
internal sealed record Mosquitto(BrokerProcess Broker)
{
    /// <summary>31, 311 or 5.</summary>
    public string Version { get; init; } = "311";

    public string Listener { get; init; } = "tcp";

    public string? User { get; init; } = "demo";

    public string? Password { get; init; } = "demo";

    public string? CaFile { get; init; }

    /// <summary>Starts mosquitto_pub; it ends when the message is acknowledged.</summary>
    public ChildProcess StartPublish(string topic, string message, params string[] more) => Start("mosquitto_pub", ["-t", topic, "-m", message, .. more]);

    /// <summary>Starts mosquitto_pub with a message for each line that it is given.</summary>
    public ChildProcess StartPublishLines(string topic, params string[] more) => Start("mosquitto_pub", ["-t", topic, "-l", .. more]);

    public async Task PublishAsync(string topic, string message, params string[] more)
    {
        await using var publisher = StartPublish(topic, message, more);
        await publisher.SucceedAsync();
    }

    /// <summary>Starts mosquitto_sub with a line <c>message topic|payload|QoS|retain flag</c> for each message.</summary>
    public ChildProcess StartSubscribe(string filter, params string[] more) => Start("mosquitto_sub", ["-t", filter, "-F", "message %t|%p|%q|%r", "-d", .. more]);

    /// <summary>Returns when the subscription stands.</summary>
    public async Task<ChildProcess> SubscribeAsync(string filter, params string[] more)
    {
        var subscriber = StartSubscribe(filter, more);
        await subscriber.LineAsync("Subscribed (mid: 1)");
        return subscriber;
    }

    private ChildProcess Start(string program, IEnumerable<string> arguments)
    {
        Installation.NeedsMosquitto();
        List<string> all = ["-oL", program, "-h", "localhost", "-p", Broker.PortForClient(Listener).ToString(CultureInfo.InvariantCulture), "-V", Version];
        if (User is not null)
            all.AddRange(["-u", User]);
        if (Password is not null)
            all.AddRange(["-P", Password]);
        if (CaFile is not null)
            all.AddRange(["--cafile", CaFile]);
        // Its debug lines, which tell what was acknowledged, would stay in its buffer.
        return ChildProcess.Start("stdbuf", [.. all, .. arguments], () => Broker.Story);
    }
}
