using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Retained;
using Starling.Broker.Telemetry;
using Starling.Broker.Tenants;
using Starling.Protocol;

namespace Starling.Broker.Routing;

/// <summary>
/// Sends the messages of a shard's topics where its routes lead. Messages that only go to connections of the edge that brought them, the hot path, cost one comparison of
/// versions each and complete synchronously; whatever else a batch needs is gathered first and then done once per receiver.
/// Thread-safe.
/// </summary>
public sealed partial class TopicShard : ITopicShard
{
    private readonly Tenant _tenant;
    private readonly ISessions _sessions;
    private readonly IShardEdges _edges;
    private readonly RetainedMessages _retained;
    private readonly ILogger<TopicShard> _logger;
    private readonly ShardRoutes _routes = new();
    private Task _loading = Task.CompletedTask;

    public TopicShard(Tenant tenant, ISessions sessions, IShardEdges edges, RetainedMessages retained, ILogger<TopicShard> logger)
    {
        _tenant = tenant;
        _sessions = sessions;
        _edges = edges;
        _retained = retained;
        _logger = logger;
    }

    /// <summary>Fills the shard with what the stores keep. To be called before anything else; what is called meanwhile waits for it.</summary>
    public Task LoadAsync(ISessionStore sessions, int shard, int shards) => _loading = LoadNowAsync(sessions, shard, shards);

    public async ValueTask PublishAsync(PublishBatch batch, string? origin)
    {
        if (!_loading.IsCompletedSuccessfully)
            await _loading.ConfigureAwait(false);
        ShardDispatch? dispatch = null;
        for (var i = 0; i < batch.Count; i++)
        {
            var message = batch[i];
            if (message.Retain && !TryRetain(batch, i, ref dispatch))
                continue;

            var match = _routes.Match(message.Topic);
            if (match.IsEmpty)
                continue;
            batch.SetOutcome(i, ReasonCode.Success);
            if (match.Durable.Length + match.Groups.Length > 0 || match.Edges is not [var only] || only != origin)
                Gather(message, i, match, origin, dispatch ??= new ShardDispatch());
        }

        if (dispatch is null)
            return;
        using var activity = BrokerTracing.Continue(BrokerTracing.Route);
        await CarryOutAsync(dispatch, except: [], batch.SetNotStored).ConfigureAwait(false);
        if (!dispatch.HasRejected)
            return;
        foreach (var index in dispatch.RetainedSafely!.Where(index => !batch.IsNotStored(index)))
            batch.SetOutcome(index, ReasonCode.QuotaExceeded);
    }

    public ValueTask SetEdgeRouteAsync(string edgeId, string filter, bool present)
    {
        _routes.SetEdge(edgeId, filter, present);
        return ValueTask.CompletedTask;
    }

    /// <summary>Applies what an edge says of its routes.</summary>
    public void SetEdgeRoutes(string edgeId, EdgeRoutes routes) => _routes.Apply(edgeId, routes);

    /// <summary>The edge is gone: its routes go, and so do members of shared subscriptions that ended with their connection.</summary>
    public void RemoveEdge(string edgeId) => _routes.RemoveEdge(edgeId);

    public async ValueTask SetDurableRouteAsync(string clientId, Subscription subscription)
    {
        await _loading.ConfigureAwait(false);
        _routes.SetDurable(clientId, subscription);
    }

    public async ValueTask RemoveDurableRouteAsync(string clientId, string filter)
    {
        await _loading.ConfigureAwait(false);
        _routes.RemoveDurable(clientId, filter);
    }

    public async ValueTask JoinAsync(SharedGroupKey group, SharedMember member)
    {
        await _loading.ConfigureAwait(false);
        _routes.Join(group, member);
    }

    public async ValueTask LeaveAsync(SharedGroupKey group, string clientId, long epoch = long.MaxValue)
    {
        await _loading.ConfigureAwait(false);
        _routes.Leave(group, clientId, epoch);
    }

    public async ValueTask<IReadOnlyList<int>> RedispatchAsync(string except, IReadOnlyList<Delivery> deliveries)
    {
        var notStored = new HashSet<int>();
        Delivery[] handedOver = [.. deliveries.Select(delivery => delivery with { Message = delivery.Message.NotRepeatable() })];
        var offered = await RedispatchAsync([except], handedOver, (index, _) => notStored.Add(index)).ConfigureAwait(false);
        return [.. Enumerable.Range(0, offered).Where(index => !notStored.Contains(index))];
    }

    /// <returns>How many of them, from the first on, there was another member for.</returns>
    private async ValueTask<int> RedispatchAsync(string[] except, IReadOnlyList<Delivery> deliveries, Action<int, bool> notStored)
    {
        var dispatch = new ShardDispatch();
        var offered = 0;
        foreach (var delivery in deliveries)
        {
            var group = delivery.Group is { } key ? _routes.Group(key) : null;
            if (group is null || !Offer(group, delivery.Message, offered, origin: null, except, dispatch, delivery.From))
                break;
            offered++;
        }

        await CarryOutAsync(dispatch, except, notStored).ConfigureAwait(false);
        return offered;
    }

    public ValueTask CompletedAsync(SharedGroupKey group, string clientId, int count)
    {
        _routes.Group(group)?.Complete(clientId, count);
        return ValueTask.CompletedTask;
    }

    public async ValueTask<RetainedPage> ReadRetainedAsync(RetainedCursor cursor, int most)
    {
        await _loading.ConfigureAwait(false);
        return await _retained.ReadAsync(cursor, most).ConfigureAwait(false);
    }

    private async Task LoadNowAsync(ISessionStore sessions, int shard, int shards)
    {
        await _retained.LoadAsync(shard, shards).ConfigureAwait(false);
        await foreach (var route in sessions.LoadRoutesAsync(_tenant.Name).ConfigureAwait(false))
        {
            var (clientId, subscription) = route;
            if (TopicFilters.TryParseShared(subscription.Filter, out var shared))
            {
                if (Sharding.IsOf(shared.Filter, shard, shards))
                    _routes.Join(new SharedGroupKey(shared.ShareName, shared.Filter), SharedMember.Of(route));
            }
            else if (Sharding.IsOf(subscription.Filter, shard, shards))
                _routes.SetDurable(clientId, subscription);
        }
    }

    private bool TryRetain(PublishBatch batch, int index, ref ShardDispatch? dispatch)
    {
        var message = batch[index];
        switch (_retained.Stage(message))
        {
            case RetainedChange.OverLimit:
                batch.SetOutcome(index, ReasonCode.QuotaExceeded);
                return false;
            case RetainedChange.StoreBehind:
                batch.SetNotStored(index, isInDoubt: false);
                return false;
            default:
                dispatch ??= new ShardDispatch();
                dispatch.RetainedChanged = true;
                if (message.QoS > QualityOfService.AtMostOnce)
                    (dispatch.RetainedSafely ??= []).Add(index);
                return true;
        }
    }

    private void Gather(Message message, int index, RouteMatch match, string? origin, ShardDispatch dispatch)
    {
        foreach (var edge in match.Edges)
        {
            if (edge != origin)
                dispatch.ToEdge(edge, message);
        }

        // What inboxes keep is one object for all of them, which is also how a store sees that it is one message.
        var kept = match.Durable.Length + match.Groups.Length > 0 ? message.Compact() : message;
        foreach (var receiver in match.Durable)
        {
            if (receiver.For(kept) is { } delivery)
                dispatch.ToInbox(receiver.ClientId, delivery, index);
        }

        foreach (var group in match.Groups)
            Offer(group, kept, index, origin, except: [], dispatch);
    }

    private bool Offer(
        SharedGroup group, Message message, int index, string? origin, string[] except, ShardDispatch dispatch, InboxPlace? from = null)
    {
        if (group.Pick(message, _tenant.Options.SharedSubscriptions, origin, except) is not { } member)
            return false;
        var qos = message.QoS < member.Options.MaximumQoS ? message.QoS : member.Options.MaximumQoS;
        var delivery = new Delivery(
            message,
            qos,
            member.Options.RetainAsPublished && message.Retain,
            member.SubscriptionIdentifier is { } identifier ? [identifier] : null,
            group.Key,
            from);
        if (member.Durable && qos > QualityOfService.AtMostOnce)
            dispatch.ToInbox(member.ClientId, delivery, index);
        else if (member.EdgeId is { } edge)
            dispatch.ToConnection(new ConnectionKey(edge, member.ClientId, member.Epoch), delivery, index);
        return true;
    }

    /// <summary>What must be durable first; then the connections, which nobody waits for longer than it takes to hand over.</summary>
    /// <param name="dispatch">What there is to do.</param>
    /// <param name="except">Members that were tried before; none is tried twice, so that it comes to an end.</param>
    /// <param name="notStored">Told the index of each message that a store did not take, and whether it may still (<see cref="PublishBatch.IsInDoubt"/>).</param>
    private async ValueTask CarryOutAsync(ShardDispatch dispatch, string[] except, Action<int, bool> notStored)
    {
        List<Task>? pending = null;
        if (dispatch.RetainedChanged && CommitRetainedAsync(dispatch, notStored) is { IsCompletedSuccessfully: false } committed)
            pending = [committed];
        foreach (var (clientId, inbox) in dispatch.Inboxes)
        {
            var enqueued = EnqueueAsync(clientId, inbox, dispatch, notStored);
            if (!enqueued.IsCompletedSuccessfully)
                (pending ??= []).Add(enqueued);
        }

        if (pending is not null)
            await Task.WhenAll(pending).ConfigureAwait(false);

        // Each is told before the first one is waited for, so that nobody's slowness is another one's.
        pending?.Clear();
        foreach (var (edgeId, messages) in dispatch.Edges)
        {
            if (_edges.Edge(edgeId) is not { } edge)
                continue;
            var delivering = edge.DeliverAsync(_tenant.Name, messages);
            if (!delivering.IsCompletedSuccessfully)
                (pending ??= []).Add(delivering.AsTask());
        }

        foreach (var (connection, share) in dispatch.Connections)
        {
            var delivering = DeliverAsync(connection, share, dispatch, except, notStored);
            if (!delivering.IsCompletedSuccessfully)
                (pending ??= []).Add(delivering);
        }

        if (pending is { Count: > 0 })
            await Task.WhenAll(pending).ConfigureAwait(false);
    }

    private async Task DeliverAsync(
        ConnectionKey connection, ShardDispatch.Share share, ShardDispatch dispatch, string[] except, Action<int, bool> notStored)
    {
        var reached = _edges.Edge(connection.EdgeId) is { } edge
            && await edge.DeliverToAsync(_tenant.Name, connection.ClientId, connection.Epoch, share.Deliveries).ConfigureAwait(false);
        if (!reached)
            await RedispatchAsync([.. except, connection.ClientId], share.Deliveries, NotStored).ConfigureAwait(false);

        void NotStored(int index, bool isInDoubt)
        {
            lock (dispatch)
                notStored(share.Indexes[index], isInDoubt);
        }
    }

    private async Task CommitRetainedAsync(ShardDispatch dispatch, Action<int, bool> notStored)
    {
        var committed = _retained.CommitAsync();
        // QoS 0 asks for no answer, so it does not wait for the store.
        if (dispatch.RetainedSafely is not { } safely)
            return;
        try
        {
            if (await committed.ConfigureAwait(false))
                return;
        }
        catch (MessagesRejectedException)
        {
            // Refused, as over a limit: nobody is to try again what is rejected again.
            dispatch.HasRejected = true;
            return;
        }

        lock (dispatch)
            safely.ForEach(index => notStored(index, false));
    }

    private async Task EnqueueAsync(string clientId, ShardDispatch.Share inbox, ShardDispatch dispatch, Action<int, bool> notStored)
    {
        try
        {
            await _sessions.Session(_tenant.Name, clientId).EnqueueAsync(inbox.Deliveries).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            if (error is not StoreUnavailableException and not RemoteCallException)
                Log.NotEnqueued(_logger, _tenant.Name, clientId, inbox.Deliveries.Count, error);
            lock (dispatch)
                inbox.Indexes.ForEach(index => notStored(index, error is RemoteCallException));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: enqueueing {Count} messages for session '{ClientId}' failed")]
        public static partial void NotEnqueued(ILogger logger, string tenant, string clientId, int count, Exception error);
    }
}
