using System.CommandLine;
using Starling.Cli.Client;
using Starling.Cli.Context;
using Starling.Cli.Output;
using Starling.Protocol;

namespace Starling.Cli.Commands;

/// <summary><c>starling sub</c>.</summary>
internal sealed class SubCommand
{
    private readonly Option<string[]> _topics = new("--topic", "-t") { Description = "Topic filter; can be given more than once." };

    private readonly Option<int> _qos = new("--qos", "-q") { Description = "Highest QoS to receive with: 0, 1 or 2." };

    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Print the topic in front of the payload." };

    private readonly Option<string?> _format = new("--format", "-F")
    {
        Description = "Print messages like this: %t topic, %p payload, %x payload in hex, %l its length, %q QoS, %r retained, %m packet id, %I time, %U Unix time, "
            + "%C content type, %R response topic, %D correlation data, %E expiry, %P user properties, %S subscription ids, %% percent; \\n, \\t, \\\\.",
    };

    private readonly Option<bool> _noEndOfLine = new("-N") { Description = "Print no end of line after a message." };

    private readonly Option<bool> _noStale = new("-R") { Description = "Leave out retained messages that were there before." };

    private readonly Option<long?> _count = new("-C") { Description = "End after this many messages." };

    private readonly Option<double?> _wait = new("-W") { Description = $"End after this many seconds, with exit code {ExitCodes.TimedOut}." };

    private readonly Option<bool> _noLocal = new("--no-local") { Description = "Not the messages of this connection itself (MQTT 5)." };

    private readonly Option<bool> _retainAsPublished = new("--retain-as-published") { Description = "Keep the retain flag as it was published (MQTT 5)." };

    private readonly ConnectionOptions _connection = new();

    private readonly SessionOptions _session = new();

    private readonly CliContext _context;

    private SubCommand(CliContext context) => _context = context;

    public static Command Create(CliContext context) => new SubCommand(context).Create();

    private Command Create()
    {
        var command = new Command("sub", "Subscribe and print what comes in.")
        {
            _topics, _qos, _verbose, _format, _noEndOfLine, _noStale, _count, _wait, _noLocal, _retainAsPublished,
        };
        _connection.AddTo(command);
        _session.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken interrupted)
    {
        var url = _connection.UrlIn(parsed);
        var connect = _session.PacketIn(parsed, url);
        var subscriptions = SubscriptionsIn(parsed, url);
        var format = MessageFormat.Parse(parsed.GetValue(_format) ?? (parsed.GetValue(_verbose) ? "%t %p" : "%p"), !parsed.GetValue(_noEndOfLine));
        var wait = parsed.GetValue(_wait) is { } seconds ? Input.Seconds(seconds, "-W") : Timeout.InfiniteTimeSpan;
        using var timeout = new CancellationTokenSource(wait, _context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(interrupted, timeout.Token);
        await using var client = await ConnectAsync(_connection.EndpointIn(parsed), connect, either.Token, timeout.Token);
        var exitCode = 0;
        try
        {
            await client.SubscribeAsync(subscriptions, either.Token);
            await PrintAsync(client, parsed, format, either.Token);
        }
        catch (OperationCanceledException)
        {
            exitCode = timeout.IsCancellationRequested ? ExitCodes.TimedOut : 0;
        }
        await client.DisconnectAsync(CancellationToken.None);
        return exitCode;
    }

    private async Task<MqttClient> ConnectAsync(
        Endpoint endpoint, ConnectPacket connect, CancellationToken cancellation, CancellationToken timeout)
    {
        try
        {
            return await MqttClient.ConnectAsync(endpoint, connect, _context.Time, cancellation);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new CliException($"no connection to {endpoint} in time", ExitCodes.TimedOut);
        }
    }

    private async Task PrintAsync(MqttClient client, ParseResult parsed, MessageFormat format, CancellationToken cancellation)
    {
        var left = parsed.GetValue(_count) ?? long.MaxValue;
        var noStale = parsed.GetValue(_noStale);
        while (left > 0)
        {
            var message = await client.ReceiveAsync(cancellation);
            if (!(noStale && message.Retain))
            {
                await _context.Output.WriteAsync(format.Print(message, _context.Time.GetUtcNow()), cancellation);
                await _context.Output.FlushAsync(cancellation);
                left--;
            }
            await client.AcknowledgeAsync(message, cancellation);
        }
    }

    private List<SubscriptionRequest> SubscriptionsIn(ParseResult parsed, Uri? url)
    {
        string[] filters = parsed.GetValue(_topics) is { Length: > 0 } given ? given : PubCommand.TopicIn(url) is { } topic ? [topic] : [];
        if (filters.Length == 0)
            throw new CliException("a topic filter is needed (-t)", ExitCodes.Usage);
        var options = new SubscriptionOptions(Input.QoS(parsed.GetValue(_qos), "-q"), parsed.GetValue(_noLocal), parsed.GetValue(_retainAsPublished));
        return [.. filters.Select(filter => new SubscriptionRequest(Input.TopicFilter(filter), options))];
    }
}
