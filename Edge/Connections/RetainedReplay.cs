using System.Threading.Channels;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Retained;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>
/// Sends retained messages to a new subscription, page by page, as fast as the client takes them: never more than a page is held here.
/// Messages of QoS 1 and 2 for a durable session go by its inbox; if the client leaves meanwhile, the rest goes there at once.
/// </summary>
internal sealed class RetainedReplay(ClientConnection connection, CancellationToken closing)
{
    private const int PageSize = 256;

    /// <summary>Messages that may wait in the inbox before the next page is read.</summary>
    private const int MaxOutstanding = 2048;

    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(1);

    private readonly Queue<Subscription> _waiting = new();
    private readonly HashSet<string> _overtaken = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private TaskCompletionSource? _acknowledged;
    private bool _running;
    private int _expected;

    /// <summary>Whether retained messages are on their way, and those published meanwhile have to <see cref="Overtake"/> them.</summary>
    public bool IsActive => Volatile.Read(ref _expected) > 0;

    /// <summary>To be called before the subscriptions take effect; <see cref="Add"/> follows.</summary>
    public void Expect(int subscriptions)
    {
        lock (_gate)
            _expected += subscriptions;
    }

    /// <summary>
    /// A retained message is about to be delivered because it was published just now. Its topic is not replayed any more: it would come
    /// twice, or an older message after it.
    /// </summary>
    public void Overtake(Message live)
    {
        lock (_gate)
        {
            if (_expected > 0)
                _overtaken.Add(live.Topic.Text);
        }
    }

    public void Add(IReadOnlyList<Subscription> subscriptions)
    {
        lock (_gate)
        {
            foreach (var subscription in subscriptions)
                _waiting.Enqueue(subscription);
            if (_running)
                return;
            _running = true;
        }

        _ = RunAsync();
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
                ClientConnection.LogReplayFailed(connection, subscription.Filter, error);
                _ = connection.CloseAsync(ReasonCode.UnspecifiedError);
            }

            lock (_gate)
            {
                if (--_expected > 0)
                    continue;
                _overtaken.Clear();
            }
        }
    }

    private async Task ReplayAsync(Subscription subscription)
    {
        Send(Allowed(connection.Node.SysTopics.Read(connection.EdgeTenant, subscription.Filter), subscription));
        // An inbox that holds little is filled half at most: a replay is not to push out what is in it.
        var limits = connection.EdgeTenant.Tenant.Options.Limits;
        var most = Math.Clamp(limits.InboxMessages / 2, 1, MaxOutstanding);
        var pageSize = connection.IsDurable ? Math.Min(PageSize, most) : PageSize;
        foreach (var shard in connection.Node.Cluster.ShardsOf(connection.EdgeTenant.Tenant.Name, subscription.Filter))
        {
            var cursor = new RetainedCursor(subscription.Filter);
            RetainedPage page;
            do
            {
                page = await shard.ReadRetainedAsync(cursor, pageSize).ConfigureAwait(false);
                // Messages of this page that are being delivered at this moment: now it shows which. Should their store be away, they come twice
                // rather than the page late.
                await connection.EdgeTenant.RetainedPublishes.WaitAsync()
                    .WaitAsync(MaxDelay, connection.Node.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!IsWanted(subscription))
                    return;
                var deliveries = Allowed(page.Messages, subscription).ToArray();
                if (!connection.IsDurable)
                    SendPage(deliveries);
                else
                {
                    SendPage(deliveries.Where(d => d.QoS == QualityOfService.AtMostOnce));
                    if (!await EnqueueAsync(subscription, [.. deliveries.Where(d => d.QoS > QualityOfService.AtMostOnce)], most, limits.InboxBytes / 2)
                        .ConfigureAwait(false))
                        return;
                }

                // Pages of QoS 0 would otherwise be dropped as a slow reader's, and pages of QoS 1 and 2 pile up while the window is full.
                await connection.Outbox.WhenSettled().ConfigureAwait(false);
                await connection.Outbox.WhenDrained().ConfigureAwait(false);
            }
            while (page.More);
        }
    }

    /// <summary>
    /// Whether the client has not unsubscribed meanwhile ([MQTT-3.10.4-2]). When the connection is closing, it is the session of a durable
    /// client that knows.
    /// </summary>
    private bool IsWanted(Subscription subscription) =>
        connection.IsSubscribed(subscription.Filter) || (connection.IsDurable && closing.IsCancellationRequested);

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

    private void SendPage(IEnumerable<Delivery> deliveries)
    {
        lock (_gate)
        {
            Send(deliveries.Where(delivery => !_overtaken.Contains(delivery.Message.Topic.Text)));
        }
    }

    private void Send(IEnumerable<Delivery> deliveries)
    {
        var flush = false;
        foreach (var delivery in deliveries)
            flush |= connection.Outbox.Send(delivery);
        if (flush)
            connection.Outbox.Flush();
    }

    /// <summary>Puts a page into the inbox and waits until there is room for another one, or the client has left.</summary>
    /// <returns>False when the session does not want the rest.</returns>
    private async ValueTask<bool> EnqueueAsync(Subscription subscription, Delivery[] deliveries, int mostMessages, long mostBytes)
    {
        while (true)
        {
            Task acknowledged;
            lock (_gate)
                acknowledged = (_acknowledged ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            if (await connection.Session.ReplayAsync(subscription.Filter, deliveries).ConfigureAwait(false) is not { } waiting)
                return false;
            if (closing.IsCancellationRequested || (waiting.Count < mostMessages && waiting.Bytes < mostBytes))
                return true;
            deliveries = [];
            await acknowledged.WaitAsync(closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
