using System.CommandLine;
using Starling.Cli.Client;
using Starling.Cli.Context;
using Starling.Protocol;

namespace Starling.Cli.Commands;

/// <summary><c>starling pub</c>.</summary>
internal sealed class PubCommand
{
    private readonly Option<string?> _topic = new("--topic", "-t") { Description = "The topic to publish to." };

    private readonly Option<int> _qos = new("--qos", "-q") { Description = "0, 1 or 2." };

    private readonly Option<bool> _retain = new("--retain", "-r") { Description = "Let the broker keep the message for later subscribers." };

    private readonly Option<string[]> _userProperties = new("--user-property") { Description = "name=value; can be given more than once (MQTT 5)." };

    private readonly Option<string?> _contentType = new("--content-type") { Description = "Content type (MQTT 5)." };

    private readonly Option<string?> _responseTopic = new("--response-topic") { Description = "Where an answer is to go (MQTT 5)." };

    private readonly Option<uint?> _expiry = new("--expiry") { Description = "Seconds after which the message is of no use (MQTT 5)." };

    private readonly Option<int> _repeat = new("--repeat") { Description = "Publish the message this many times.", DefaultValueFactory = _ => 1 };

    private readonly Option<double> _repeatDelay = new("--repeat-delay") { Description = "Seconds between the repeats, such as 0.5." };

    private readonly PayloadOptions _payload = new();

    private readonly ConnectionOptions _connection = new();

    private readonly SessionOptions _session = new();

    private readonly CliContext _context;

    private PubCommand(CliContext context) => _context = context;

    public static Command Create(CliContext context) => new PubCommand(context).Create();

    private Command Create()
    {
        var command = new Command("pub", "Publish messages.") { _topic, _qos, _retain };
        _payload.AddTo(command);
        _connection.AddTo(command);
        _session.AddTo(command);
        foreach (var option in new Option[] { _userProperties, _contentType, _responseTopic, _expiry, _repeat, _repeatDelay })
            command.Options.Add(option);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var url = _connection.UrlIn(parsed);
        var connect = _session.PacketIn(parsed, url);
        var template = MessageIn(parsed, url, connect.ProtocolVersion);
        var (repeat, delay) = RepeatIn(parsed);
        await using var payloads = _payload.ReadAsync(parsed, _context, cancellation).GetAsyncEnumerator(cancellation);
        // A payload that can't be read is said before anybody is bothered.
        var some = await payloads.MoveNextAsync();
        await using var client = await MqttClient.ConnectAsync(
            _connection.EndpointIn(parsed), connect, _context.Time, cancellation, _session.TraceIn(parsed, _context));
        for (; some; some = await payloads.MoveNextAsync())
        {
            for (var times = 0; times < repeat; times++)
            {
                if (times > 0 && delay > TimeSpan.Zero)
                    await Task.Delay(delay, _context.Time, cancellation);
                await client.PublishAsync(template with { Payload = payloads.Current }, cancellation);
            }
        }

        await client.DisconnectAsync(_session.PropertiesIn(parsed).Goodbye, cancellation);
        return 0;
    }

    private (int Times, TimeSpan Delay) RepeatIn(ParseResult parsed)
    {
        var (times, delay) = (parsed.GetValue(_repeat), parsed.GetValue(_repeatDelay));
        if (times < 1)
            throw new CliException("--repeat is a number of times, 1 or more", ExitCodes.Usage);
        return (times, delay == 0 ? TimeSpan.Zero : Input.Seconds(delay, "--repeat-delay"));
    }

    private OutgoingMessage MessageIn(ParseResult parsed, Uri? url, ProtocolVersion version)
    {
        var topic = parsed.GetValue(_topic) ?? TopicIn(url) ?? throw new CliException("a topic is needed (-t)", ExitCodes.Usage);
        var properties = new PublishProperties
        {
            UserProperties = [.. (parsed.GetValue(_userProperties) ?? []).Select(Input.UserProperty)],
            ContentType = parsed.GetValue(_contentType),
            ResponseTopic = parsed.GetValue(_responseTopic) is { } response ? Input.TopicName(response) : null,
            MessageExpiryInterval = parsed.GetValue(_expiry),
        };
        var saysMore = properties.UserProperties.Count > 0 || properties.ContentType is not null || properties.ResponseTopic is not null
            || properties.MessageExpiryInterval is not null;
        if (saysMore && version != ProtocolVersion.Mqtt5)
            throw new CliException("--user-property, --content-type, --response-topic and --expiry exist in MQTT 5 only", ExitCodes.Usage);
        return new(Input.TopicName(topic), default, Input.QoS(parsed.GetValue(_qos), "-q"), parsed.GetValue(_retain))
        {
            Properties = _session.PropertiesIn(parsed).Of(properties),
        };
    }

    /// <summary>The path of an mqtt URL; a WebSocket has its own use for the path.</summary>
    internal static string? TopicIn(Uri? url) =>
        url?.Scheme is "mqtt" or "mqtts" && url.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(url.AbsolutePath[1..]) : null;
}
