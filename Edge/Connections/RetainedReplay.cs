using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Telemetry;
using Starling.Broker.Threading;
using Starling.Edge.Nodes;
using Starling.Edge.SysTopics;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>
/// Sends retained messages to a new subscription, page by page, as fast as the client takes them: never more than a page is held here.
/// Messages of QoS 1 and 2 for a durable session go by its inbox; if the client leaves meanwhile, the rest goes there at once.
/// </summary>
internal sealed partial class RetainedReplay(EdgeConnection connection, SysTopicSource sysTopics)
{
    private const int PageSize = 256;

    /// <summary>Messages that may wait in the inbox before the next page is read.</summary>
    private const int MaxOutstanding = 2048;

    /// <summary>A subscription that waits, without its filter.</summary>
    private const int WaitingSize = 160;

    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(1);

    private readonly Queue<Subscription> _waiting = new();
    private readonly OvertakenTopics _overtaken = connection.Overtaken ??= new OvertakenTopics(connection.Ledger);
    private readonly CancellationToken _closing = connection.Closing.Token;
    private readonly Lock _gate = new();
    private TaskCompletionSource? _acknowledged;
    private bool _running;
    private long _waitingBytes;

    /// <summary>What the subscriptions take that wait for their turn.</summary>
    public long WaitingBytes
    {
        get
        {
            lock (_gate)
                return _waitingBytes;
        }
    }

    /// <summary>To be called before the subscriptions take effect; <see cref="Add"/> follows.</summary>
    public void Expect(int subscriptions) => _overtaken.Expect(subscriptions);

    public void Add(IReadOnlyList<Subscription> subscriptions)
    {
        lock (_gate)
        {
            foreach (var subscription in subscriptions)
            {
                _waiting.Enqueue(subscription);
                _waitingBytes += SizeOf(subscription);
            }

            if (_running)
                return;
            _running = true;
        }

        Background.Run(RunAsync(), connection.Logger, "Replay of retained messages");
    }

    /// <summary>The client has acknowledged entries of its inbox.</summary>
    public void Acknowledged()
    {
        lock (_gate)
        {
            _acknowledged?.TrySetResult();
            _acknowledged = null;
        }
    }

    private static int SizeOf(Subscription subscription) => WaitingSize + (sizeof(char) * subscription.Filter.Length);

    private async Task RunAsync()
    {
        while (true)
        {
            Subscription subscription;
            lock (_gate)
            {
                if (!_waiting.TryDequeue(out subscription!))
                {
                    _running = false;
                    return;
                }

                _waitingBytes -= SizeOf(subscription);
            }

            try
            {
                await ReplayAsync(subscription).ConfigureAwait(false);
            }
            catch (Exception error) when (error is OperationCanceledException or ChannelClosedException)
            {
                // The connection has ended, and with it what was left to replay.
            }
            catch (Exception error)
            {
                LogReplayFailed(connection.Logger, connection.EdgeTenant.Tenant.Name, subscription.Filter, connection.ClientId, error);
                connection.Closing.Begin(ReasonCode.UnspecifiedError);
            }

            _overtaken.Completed();
        }
    }

    private async Task ReplayAsync(Subscription subscription)
    {
        SendSysTopics(subscription);
        // An inbox that holds little is filled half at most: a replay is not to push out what is in it.
        var limits = connection.EdgeTenant.Tenant.Options.Limits;
        var maxMessages = Math.Clamp(limits.InboxMessages / 2, 1, MaxOutstanding);
        var pageSize = connection.IsDurable ? Math.Min(PageSize, maxMessages) : PageSize;
        foreach (var shard in connection.Cluster.ShardsOf(connection.EdgeTenant.Tenant.Name, subscription.Filter))
        {
            var cursor = new RetainedCursor(subscription.Filter);
            RetainedPage page;
            do
            {
                page = await shard.ReadRetainedAsync(cursor, pageSize).ConfigureAwait(false);
                // Messages of this page that are being delivered at this moment: now it shows which. Should their store be away, they come twice
                // rather than the page late.
                await connection.EdgeTenant.RetainedPublishes.WaitAsync()
                    .WaitAsync(MaxDelay, connection.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!IsWanted(subscription))
                    return;
                var deliveries = Allowed(page.Messages, subscription).ToArray();
                if (!connection.IsDurable)
                    _overtaken.Send(connection.Outbox, deliveries);
                else
                {
                    _overtaken.Send(connection.Outbox, deliveries.Where(d => d.QoS == QualityOfService.AtMostOnce));
                    if (!await EnqueueAsync(subscription, [.. deliveries.Where(d => d.QoS > QualityOfService.AtMostOnce)], maxMessages, limits.InboxBytes / 2)
                        .ConfigureAwait(false))
                        return;
                }

                // Pages of QoS 0 would otherwise be dropped as a slow reader's, and pages of QoS 1 and 2 pile up while the window is full.
                await connection.Outbox.WhenFlushed().ConfigureAwait(false);
                await connection.Outbox.WhenDrained().ConfigureAwait(false);
                await WaitForRateAsync().ConfigureAwait(false);
            }
            while (page.More);
        }
    }

    /// <summary>Sends no more while the tenant is over its rate of bytes.</summary>
    private async ValueTask WaitForRateAsync()
    {
        while (connection.EdgeTenant.Tenant.Quotas.OwedOut is var owed && owed > TimeSpan.Zero && !_closing.IsCancellationRequested)
        {
            await Task.Delay(owed < MaxDelay ? owed : MaxDelay, connection.Time, _closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Whether the client has not unsubscribed meanwhile ([MQTT-3.10.4-2]). When the connection is closing, it is the session of a durable
    /// client that knows.
    /// </summary>
    private bool IsWanted(Subscription subscription) =>
        connection.Subscriptions.Contains(subscription.Filter) || (connection.IsDurable && _closing.IsCancellationRequested);

    private IEnumerable<Delivery> Allowed(IEnumerable<Message> messages, Subscription subscription)
    {
        var access = connection.Access;
        return messages
            .Where(message => !access.NeedsReceiveCheck || access.MayReceive(message.Topic.Text))
            .Select(message => Of(message, subscription));
    }

    /// <summary>A replayed message is sent with RETAIN set ([MQTT-3.3.1-8] of 3.1.1, section 3.3.1.3 of 5.0).</summary>
    private static Delivery Of(Message message, Subscription subscription) => new(
        message,
        message.QoS < subscription.Options.MaximumQoS ? message.QoS : subscription.Options.MaximumQoS,
        Retain: true,
        subscription.SubscriptionIdentifier is { } identifier ? [identifier] : null);

    private void SendSysTopics(Subscription subscription)
    {
        var flush = false;
        foreach (var delivery in Allowed(sysTopics.Read(connection.EdgeTenant, subscription.Filter), subscription))
            flush |= connection.Outbox.Send(delivery);
        if (flush)
            connection.Outbox.Flush();
    }

    /// <summary>Puts a page into the inbox and waits until there is room for another one, or the client has left.</summary>
    /// <returns>False when the session does not want the rest.</returns>
    private async ValueTask<bool> EnqueueAsync(Subscription subscription, Delivery[] deliveries, int maxMessages, long maxBytes)
    {
        while (true)
        {
            Task acknowledged;
            lock (_gate)
                acknowledged = (_acknowledged ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            if (await connection.Session.ReplayAsync(subscription.Filter, deliveries).ConfigureAwait(false) is not { } waiting)
                return false;
            if (_closing.IsCancellationRequested || (waiting.Count < maxMessages && waiting.Bytes < maxBytes))
                return true;
            deliveries = [];
            await acknowledged.WaitAsync(_closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: retained messages of '{Filter}' could not be sent to client '{ClientId}'")]
    private static partial void LogReplayFailed(ILogger logger, string tenant, ForeignText filter, ForeignText clientId, Exception error);
}
