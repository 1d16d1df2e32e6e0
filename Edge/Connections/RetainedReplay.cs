using System.Threading.Channels;
using Starling.Broker.Cluster;
using Starling.Broker.Messages;
using Starling.Broker.Retained;
using Starling.Broker.Routing;
using Starling.Broker.Sessions;
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
    private const int MostOutstanding = 2048;

    private readonly Queue<Subscription> _waiting = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource? _room;
    private long _outstanding;
    private bool _running;

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
    public void Acknowledged(int count)
    {
        lock (_gate)
        {
            _outstanding = Math.Max(0, _outstanding - count);
            if (_outstanding >= MostOutstanding)
                return;
            _room?.TrySetResult();
            _room = null;
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
        }
    }

    private async Task ReplayAsync(Subscription subscription)
    {
        foreach (var message in connection.Node.SysTopics.Read(connection.EdgeTenant, subscription.Filter))
            Send([Of(message, subscription)]);
        foreach (var shard in connection.Node.Cluster.ShardsOf(connection.EdgeTenant.Tenant.Name, subscription.Filter))
        {
            var cursor = new RetainedCursor(subscription.Filter);
            RetainedPage page;
            do
            {
                page = await shard.ReadRetainedAsync(cursor, PageSize).ConfigureAwait(false);
                var access = connection.Access;
                var deliveries = page.Messages
                    .Where(m => !access.NeedsReceiveCheck || access.MayReceive(m.Topic.Text))
                    .Select(m => Of(m, subscription))
                    .ToArray();
                if (connection.IsDurable)
                    await EnqueueAsync([.. deliveries.Where(d => d.QoS > QualityOfService.AtMostOnce)]).ConfigureAwait(false);
                Send(deliveries.Where(d => !connection.IsDurable || d.QoS == QualityOfService.AtMostOnce));
                if (connection.HasEnded && !connection.IsDurable)
                    return;
                await WaitAsync().ConfigureAwait(false);
            }
            while (page.More);
        }
    }

    /// <summary>A replayed message is sent with RETAIN set ([MQTT-3.3.1-8] of 3.1.1, section 3.3.1.3 of 5.0).</summary>
    private static Delivery Of(Message message, Subscription subscription) => new(
        message,
        message.QoS < subscription.Options.MaximumQoS ? message.QoS : subscription.Options.MaximumQoS,
        Retain: true,
        subscription.SubscriptionIdentifier is { } identifier ? [identifier] : null);

    private void Send(IEnumerable<Delivery> deliveries)
    {
        var flush = false;
        foreach (var delivery in deliveries)
            flush |= connection.Outbox.Send(delivery);
        if (flush)
            connection.Outbox.Flush();
    }

    private async ValueTask EnqueueAsync(Delivery[] deliveries)
    {
        if (deliveries.Length == 0)
            return;
        lock (_gate)
            _outstanding += deliveries.Length;
        await connection.Session.EnqueueAsync(deliveries).ConfigureAwait(false);
    }

    private async ValueTask WaitAsync()
    {
        Task room;
        lock (_gate)
        {
            if (_outstanding < MostOutstanding || closing.IsCancellationRequested)
                room = Task.CompletedTask;
            else
                room = (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        await room.WaitAsync(closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Pages of QoS 0 would otherwise be dropped as a slow reader's, and pages of QoS 1 and 2 pile up while the window is full.
        await connection.Outbox.WhenSettled().ConfigureAwait(false);
        await connection.Outbox.WhenDrained().ConfigureAwait(false);
    }
}
