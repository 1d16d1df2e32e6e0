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
            if (message.Retain)
            {
                if (!_retained.TryStage(message))
                {
                    batch.SetOutcome(i, ReasonCode.QuotaExceeded);
                    continue;
                }

                (dispatch ??= new ShardDispatch()).RetainedChanged = true;
            }

            var match = Match(message.Topic);
            if (match.IsEmpty)
                continue;
            batch.SetOutcome(i, ReasonCode.Success);
            if (match.Durable.Length + match.Groups.Length > 0 || match.Edges is not [var only] || only != origin)
                Gather(message, match, origin, dispatch ??= new ShardDispatch());
        }

        if (dispatch is null || await CarryOutAsync(dispatch, except: []).ConfigureAwait(false) is not { } notStored)
            return;
        for (var i = 0; i < batch.Count; i++)
        {
            if (notStored.Contains(batch[i]))
                batch.SetNotStored(i);
        }
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
        deliveries = [.. deliveries.Select(delivery => delivery with { Message = delivery.Message.NotRepeatable() })];
        var (offered, notStored) = await RedispatchAsync([except], deliveries).ConfigureAwait(false);
        return [.. Enumerable.Range(0, offered).Where(i => notStored?.Contains(deliveries[i].Message) != true)];
    }

    private async ValueTask<(int Offered, HashSet<Message>? NotStored)> RedispatchAsync(string[] except, IReadOnlyList<Delivery> deliveries)
    {
        var dispatch = new ShardDispatch();
        var offered = 0;
        foreach (var delivery in deliveries)
        {
            SharedGroup? group;
            lock (_gate)
                group = delivery.Group is { } key ? _groups.GetValueOrDefault(key)?.Group : null;
            if (group is null || !Offer(group, delivery.Message, origin: null, except, dispatch))
                break;
            offered++;
        }

        return (offered, await CarryOutAsync(dispatch, except).ConfigureAwait(false));
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
        return _retained.Read(cursor, most);
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

    private void Gather(Message message, RouteMatch match, string? origin, ShardDispatch dispatch)
    {
        foreach (var edge in match.Edges)
        {
            if (edge != origin)
                dispatch.ToEdge(edge, message);
        }

        foreach (var receiver in match.Durable)
        {
            if (receiver.For(message) is { } delivery)
                dispatch.ToInbox(receiver.ClientId, delivery);
        }

        foreach (var group in match.Groups)
            Offer(group, message, origin, except: [], dispatch);
    }

    private bool Offer(SharedGroup group, Message message, string? origin, string[] except, ShardDispatch dispatch)
    {
        if (group.Pick(message, _tenant.Options.SharedSubscriptions, origin, except) is not { } member)
            return false;
        var qos = message.QoS < member.Options.MaximumQoS ? message.QoS : member.Options.MaximumQoS;
        var delivery = new Delivery(
            message,
            qos,
            member.Options.RetainAsPublished && message.Retain,
            member.SubscriptionIdentifier is { } identifier ? [identifier] : null,
            group.Key);
        if (member.Durable && qos > QualityOfService.AtMostOnce)
            dispatch.ToInbox(member.ClientId, delivery);
        else if (member.EdgeId is { } edge)
            dispatch.ToConnection(edge, member.ClientId, delivery);
        return true;
    }

    /// <summary>What must be durable first; then the connections, which nobody waits for longer than it takes to hand over.</summary>
    /// <param name="dispatch">What there is to do.</param>
    /// <param name="except">Members that were tried before; none is tried twice, so that it comes to an end.</param>
    /// <returns>Messages that a store did not take; null when there are none.</returns>
    private async ValueTask<HashSet<Message>?> CarryOutAsync(ShardDispatch dispatch, string[] except)
    {
        if (dispatch.RetainedChanged)
            await _retained.CommitAsync().ConfigureAwait(false);

        List<(Task<bool> Stored, List<Delivery> Deliveries)>? pending = null;
        foreach (var (clientId, deliveries) in dispatch.Inboxes)
        {
            var stored = EnqueueAsync(clientId, deliveries);
            if (stored is not { IsCompletedSuccessfully: true, Result: true })
                (pending ??= []).Add((stored, deliveries));
        }

        HashSet<Message>? notStored = null;
        foreach (var (stored, deliveries) in pending ?? [])
        {
            if (!await stored.ConfigureAwait(false))
                (notStored ??= new(ReferenceEqualityComparer.Instance)).UnionWith(deliveries.Select(delivery => delivery.Message));
        }

        foreach (var (edgeId, messages) in dispatch.Edges)
        {
            if (_cluster.Edge(edgeId) is { } edge)
                await edge.DeliverAsync(_tenant.Name, messages).ConfigureAwait(false);
        }

        foreach (var ((edgeId, clientId), deliveries) in dispatch.Connections)
        {
            var reached = _cluster.Edge(edgeId) is { } edge
                && await edge.DeliverToAsync(_tenant.Name, clientId, deliveries).ConfigureAwait(false);
            if (!reached && (await RedispatchAsync([.. except, clientId], deliveries).ConfigureAwait(false)).NotStored is { } more)
                (notStored ??= new(ReferenceEqualityComparer.Instance)).UnionWith(more);
        }

        return notStored;
    }

    /// <returns>False when the store did not take them.</returns>
    private async Task<bool> EnqueueAsync(string clientId, List<Delivery> deliveries)
    {
        try
        {
            await _cluster.Session(_tenant.Name, clientId).EnqueueAsync(deliveries).ConfigureAwait(false);
            return true;
        }
        catch (Exception error)
        {
            if (error is not StoreUnavailableException)
                Log.NotEnqueued(_logger, _tenant.Name, clientId, deliveries.Count, error);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: {Count} messages could not be put into the inbox of '{ClientId}'")]
        public static partial void NotEnqueued(ILogger logger, string tenant, string clientId, int count, Exception error);
    }
}
