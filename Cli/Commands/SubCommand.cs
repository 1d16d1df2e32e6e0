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
            + "%C content type, %R response topic, %D correlation data, %E expiry, %P user properties, %S subscription ids, %j all as JSON, %J with the payload as JSON, %% percent; \\n, \\t, \\\\.",
    };

    private readonly Option<bool> _noEndOfLine = new("-N") { Description = "Print no end of line after a message." };

    private readonly Option<bool> _noStale = new("-R") { Description = "Leave out retained messages that were there before." };

    private readonly Option<bool> _onlySubscribe = new("-E") { Description = "End when the broker has acknowledged all subscriptions." };

    private readonly Option<string[]> _filterOut = new("--filter-out", "-T") { Description = "Print no message whose topic matches this filter; can be given more than once." };

    private readonly Option<string[]> _unsubscribe = new("--unsubscribe", "-U") { Description = "Unsubscribe from this topic filter; can be given more than once." };

    private readonly Option<bool> _retainedOnly = new("--retained-only") { Description = "Print retained messages only, and end at the first one that is not." };

    private readonly Option<bool> _removeRetained = new("--remove-retained") { Description = "Remove each retained message that comes in from the broker, unless -T names it." };

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
            _topics, _qos, _verbose, _format, _noEndOfLine, _noStale, _onlySubscribe, _filterOut, _unsubscribe, _retainedOnly,
            _removeRetained, _count, _wait, _noLocal, _retainAsPublished,
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
        var properties = _session.PropertiesIn(parsed);
        var reception = new Reception(
            parsed.GetValue(_count) ?? long.MaxValue,
            parsed.GetValue(_noStale),
            parsed.GetValue(_retainedOnly),
            parsed.GetValue(_removeRetained),
            [.. (parsed.GetValue(_filterOut) ?? []).Select(Input.TopicFilter)]);
        var format = MessageFormat.Parse(parsed.GetValue(_format) ?? (parsed.GetValue(_verbose) ? "%t %p" : "%p"), !parsed.GetValue(_noEndOfLine));
        var wait = parsed.GetValue(_wait) is { } seconds ? Input.Seconds(seconds, "-W") : Timeout.InfiniteTimeSpan;
        using var timeout = new CancellationTokenSource(wait, _context.Time);
        using var unread = new CancellationTokenSource();
        using var any = CancellationTokenSource.CreateLinkedTokenSource(interrupted, timeout.Token, unread.Token);
        var watching = WatchOutputAsync(unread, any.Token);
        await using var client = await ConnectAsync(parsed, connect, any.Token, timeout.Token);
        var exitCode = 0;
        try
        {
            if (subscriptions.Count > 0)
            {
                await client.SubscribeAsync(
                    new() { Subscriptions = subscriptions, SubscriptionIdentifier = properties.SubscriptionIdentifier, UserProperties = properties.Subscribe }, any.Token);
            }

            if (parsed.GetValue(_unsubscribe) is { Length: > 0 } removed)
                await client.UnsubscribeAsync(new() { TopicFilters = [.. removed.Select(Input.TopicFilter)], UserProperties = properties.Unsubscribe }, any.Token);
            if (!parsed.GetValue(_onlySubscribe))
                await PrintAsync(client, reception, format, any.Token);
        }
        catch (OperationCanceledException)
        {
            exitCode = unread.IsCancellationRequested ? ExitCodes.OutputClosed : timeout.IsCancellationRequested ? ExitCodes.TimedOut : 0;
        }
        catch (OutputClosedException)
        {
            exitCode = ExitCodes.OutputClosed;
        }

        await client.DisconnectAsync(properties.Goodbye, CancellationToken.None);
        await any.CancelAsync();
        await watching;
        return exitCode;
    }

    /// <summary>Who prints for nobody must not take messages away from others.</summary>
    private async Task WatchOutputAsync(CancellationTokenSource unread, CancellationToken cancellation)
    {
        await _context.OutputClosed(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!cancellation.IsCancellationRequested)
            await unread.CancelAsync();
    }

    private async Task<MqttClient> ConnectAsync(ParseResult parsed, ConnectPacket connect, CancellationToken cancellation, CancellationToken timeout)
    {
        var endpoint = _connection.EndpointIn(parsed);
        try
        {
            return await MqttClient.ConnectAsync(endpoint, connect, _context.Time, cancellation, _session.TraceIn(parsed, _context));
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new CliException($"no connection to {endpoint} in time", ExitCodes.TimedOut);
        }
    }

    private async Task PrintAsync(MqttClient client, Reception reception, MessageFormat format, CancellationToken cancellation)
    {
        var left = reception.Count;
        while (left > 0)
        {
            var message = await client.ReceiveAsync(cancellation);
            var isFilteredOut = Array.Exists(reception.FilteredOut, filter => TopicFilters.Matches(filter, message.Topic));
            if (reception.RetainedOnly && !message.Retain)
                return;
            if (!isFilteredOut && !(reception.NoStale && message.Retain))
            {
                await WriteAsync(format.Print(message, _context.Time.GetUtcNow()), cancellation);
                left--;
            }

            await client.AcknowledgeAsync(message, cancellation);
            if (reception.RemoveRetained && message.Retain && !isFilteredOut)
                await client.PublishAsync(new(message.Topic, default, QualityOfService.AtLeastOnce, Retain: true), cancellation);
        }
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> text, CancellationToken cancellation)
    {
        try
        {
            await _context.Output.WriteAsync(text, cancellation);
            await _context.Output.FlushAsync(cancellation);
        }
        catch (IOException)
        {
            throw new OutputClosedException();
        }
    }

    private List<SubscriptionRequest> SubscriptionsIn(ParseResult parsed, Uri? url)
    {
        string[] filters = parsed.GetValue(_topics) is { Length: > 0 } given ? given : PubCommand.TopicIn(url) is { } topic ? [topic] : [];
        if (filters.Length == 0 && parsed.GetValue(_unsubscribe) is { Length: > 0 })
            return [];
        if (filters.Length == 0)
            throw new CliException("a topic filter is needed (-t)", ExitCodes.Usage);
        var options = new SubscriptionOptions(Input.QoS(parsed.GetValue(_qos), "-q"), parsed.GetValue(_noLocal), parsed.GetValue(_retainAsPublished));
        return [.. filters.Select(filter => new SubscriptionRequest(Input.TopicFilter(filter), options))];
    }

    /// <summary>Which messages are printed, and what else is done with them.</summary>
    private sealed record Reception(long Count, bool NoStale, bool RetainedOnly, bool RemoveRetained, string[] FilteredOut);

    private sealed class OutputClosedException : Exception;
}
