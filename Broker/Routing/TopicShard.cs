using Microsoft.Extensions.Logging;
using Starling.Broker.Cluster;
using Starling.Broker.Messages;
using Starling.Broker.Retained;
using Starling.Broker.Sessions;
using Starling.Broker.Tenants;
using Starling.Protocol;

namespace Starling.Broker.Routing;

/// <summary>
/// The routes of a shard. Messages that only go to connections of the edge that brought them, the hot path, cost one comparison of
/// versions each and complete synchronously; whatever else a batch needs is gathered first and then done once per receiver.
/// Thread-safe: routes change and are matched under a short lock, and a match is kept with the topic until routes change.
/// </summary>
public sealed partial class TopicShard : ITopicShard
{
    private readonly Tenant _tenant;
    private readonly ICluster _cluster;
    private readonly RetainedMessages _retained;
    private readonly ILogger<TopicShard> _logger;
    private readonly Lock _gate = new();
    private readonly FilterIndex<Route> _routes = new();
    private readonly Dictionary<(string ClientId, string Filter), Route> _durable = [];
    private readonly Dictionary<SharedGroupKey, Route> _groups = [];
    private readonly List<IReadOnlyList<Route>> _matches = [];
    private long _version;
    private Task _loading = Task.CompletedTask;

    public TopicShard(Tenant tenant, ICluster cluster, RetainedMessages retained, ILogger<TopicShard> logger)
    {
        _tenant = tenant;
        _cluster = cluster;
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

            var match = Match(message.Topic);
            if (match.IsEmpty)
                continue;
            batch.SetOutcome(i, ReasonCode.Success);
            if (match.Durable.Length + match.Groups.Length > 0 || match.Edges is not [var only] || only != origin)
                Gather(message, i, match, origin, dispatch ??= new ShardDispatch());
        }

        if (dispatch is not null)
            await CarryOutAsync(dispatch, except: [], batch.SetNotStored).ConfigureAwait(false);
    }

    public ValueTask SetEdgeRouteAsync(string edgeId, string filter, bool present)
    {
        lock (_gate)
        {
            var existing = _routes.Find(filter)?.FirstOrDefault(route => route.EdgeId == edgeId);
            if (present && existing is null)
                _routes.Add(filter, new Route { EdgeId = edgeId });
            else if (!present && existing is not null)
                _routes.Remove(filter, existing);
            Volatile.Write(ref _version, _version + 1);
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask SetDurableRouteAsync(string clientId, Subscription subscription)
    {
        await _loading.ConfigureAwait(false);
        SetDurableRoute(clientId, subscription);
    }

    private void SetDurableRoute(string clientId, Subscription subscription)
    {
        lock (_gate)
        {
            if (_durable.TryGetValue((clientId, subscription.Filter), out var route))
                route.Subscription = subscription;
            else
            {
                route = new Route { ClientId = clientId, Subscription = subscription };
                _durable.Add((clientId, subscription.Filter), route);
                _routes.Add(subscription.Filter, route);
            }

            Volatile.Write(ref _version, _version + 1);
        }
    }

    public async ValueTask RemoveDurableRouteAsync(string clientId, string filter)
    {
        await _loading.ConfigureAwait(false);
        lock (_gate)
        {
            if (_durable.Remove((clientId, filter), out var route))
            {
                _routes.Remove(filter, route);
                Volatile.Write(ref _version, _version + 1);
            }
        }
    }

    public async ValueTask JoinAsync(SharedGroupKey group, SharedMember member)
    {
        await _loading.ConfigureAwait(false);
        Join(group, member);
    }

    private void Join(SharedGroupKey group, SharedMember member)
    {
        lock (_gate)
        {
            if (!_groups.TryGetValue(group, out var route))
            {
                route = new Route { Group = new SharedGroup(group) };
                _groups.Add(group, route);
                _routes.Add(group.Filter, route);
                Volatile.Write(ref _version, _version + 1);
            }

            route.Group!.Join(member);
        }
    }

    public async ValueTask LeaveAsync(SharedGroupKey group, string clientId)
    {
        await _loading.ConfigureAwait(false);
        lock (_gate)
        {
            if (_groups.TryGetValue(group, out var route) && route.Group!.Leave(clientId) == 0)
            {
                _groups.Remove(group);
                _routes.Remove(group.Filter, route);
                Volatile.Write(ref _version, _version + 1);
            }
        }
    }

    public async ValueTask<IReadOnlyList<int>> RedispatchAsync(string except, IReadOnlyList<Delivery> deliveries)
    {
        var notStored = new HashSet<int>();
        Delivery[] handedOver = [.. deliveries.Select(delivery => delivery with { Message = delivery.Message.NotRepeatable() })];
        var offered = await RedispatchAsync([except], handedOver, index => notStored.Add(index)).ConfigureAwait(false);
        return [.. Enumerable.Range(0, offered).Where(index => !notStored.Contains(index))];
    }

    /// <returns>How many of them, from the first on, there was another member for.</returns>
    private async ValueTask<int> RedispatchAsync(string[] except, IReadOnlyList<Delivery> deliveries, Action<int> notStored)
    {
        var dispatch = new ShardDispatch();
        var offered = 0;
        foreach (var delivery in deliveries)
        {
            SharedGroup? group;
            lock (_gate)
                group = delivery.Group is { } key ? _groups.GetValueOrDefault(key)?.Group : null;
            if (group is null || !Offer(group, delivery.Message, offered, origin: null, except, dispatch, delivery.From))
                break;
            offered++;
        }

        await CarryOutAsync(dispatch, except, notStored).ConfigureAwait(false);
        return offered;
    }

    public ValueTask CompletedAsync(SharedGroupKey group, string clientId, int count)
    {
        lock (_gate)
            _groups.GetValueOrDefault(group)?.Group!.Complete(clientId, count);
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
        await foreach (var (clientId, subscription) in sessions.LoadRoutesAsync(_tenant.Name).ConfigureAwait(false))
        {
            if (TopicFilters.TryParseShared(subscription.Filter, out var shared))
            {
                if (Sharding.IsOf(shared.Filter, shard, shards))
                    Join(new SharedGroupKey(shared.ShareName, shared.Filter), SharedMember.Away(clientId, subscription));
            }
            else if (Sharding.IsOf(subscription.Filter, shard, shards))
                SetDurableRoute(clientId, subscription);
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
                batch.SetNotStored(index);
                return false;
            default:
                dispatch ??= new ShardDispatch();
                dispatch.RetainedChanged = true;
                if (message.QoS > QualityOfService.AtMostOnce)
                    (dispatch.RetainedSafely ??= []).Add(index);
                return true;
        }
    }

    private RouteMatch Match(Topic topic)
    {
        if (topic.ShardMatch is RouteMatch known && ReferenceEquals(known.Owner, this) && known.Version == Volatile.Read(ref _version))
            return known;
        lock (_gate)
        {
            _matches.Clear();
            _routes.Match(topic, _matches);
            var routes = _matches.SelectMany(static list => list).ToArray();
            var match = new RouteMatch(
                this,
                _version,
                [.. routes.Where(r => r.EdgeId is not null).Select(r => r.EdgeId!).Distinct()],
                [.. routes.Where(r => r.ClientId is not null)
                    .GroupBy(r => r.ClientId!, r => r.Subscription!)
                    .Select(g => new DurableReceiver(g.Key, [.. g]))],
                [.. routes.Where(r => r.Group is not null).Select(r => r.Group!)]);
            topic.ShardMatch = match;
            return match;
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
            dispatch.ToConnection(edge, member.ClientId, delivery, index);
        return true;
    }

    /// <summary>What must be durable first; then the connections, which nobody waits for longer than it takes to hand over.</summary>
    /// <param name="dispatch">What there is to do.</param>
    /// <param name="except">Members that were tried before; none is tried twice, so that it comes to an end.</param>
    /// <param name="notStored">Told the index of each message that a store did not take.</param>
    private async ValueTask CarryOutAsync(ShardDispatch dispatch, string[] except, Action<int> notStored)
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

        foreach (var (edgeId, messages) in dispatch.Edges)
        {
            if (_cluster.Edge(edgeId) is { } edge)
                await edge.DeliverAsync(_tenant.Name, messages).ConfigureAwait(false);
        }

        foreach (var ((edgeId, clientId), share) in dispatch.Connections)
        {
            var reached = _cluster.Edge(edgeId) is { } edge
                && await edge.DeliverToAsync(_tenant.Name, clientId, share.Deliveries).ConfigureAwait(false);
            if (!reached)
                await RedispatchAsync([.. except, clientId], share.Deliveries, i => notStored(share.Indexes[i])).ConfigureAwait(false);
        }
    }

    private async Task CommitRetainedAsync(ShardDispatch dispatch, Action<int> notStored)
    {
        var committed = _retained.CommitAsync();
        // QoS 0 asks for no answer, so it does not wait for the store.
        if (dispatch.RetainedSafely is not { } safely || await committed.ConfigureAwait(false))
            return;
        lock (dispatch)
            safely.ForEach(notStored);
    }

    private async Task EnqueueAsync(string clientId, ShardDispatch.Share inbox, ShardDispatch dispatch, Action<int> notStored)
    {
        try
        {
            await _cluster.Session(_tenant.Name, clientId).EnqueueAsync(inbox.Deliveries).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            if (error is not StoreUnavailableException)
                Log.NotEnqueued(_logger, _tenant.Name, clientId, inbox.Deliveries.Count, error);
            lock (dispatch)
                inbox.Indexes.ForEach(notStored);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: {Count} messages could not be put into the inbox of '{ClientId}'")]
        public static partial void NotEnqueued(ILogger logger, string tenant, string clientId, int count, Exception error);
    }
}
