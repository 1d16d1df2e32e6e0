using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Quotas;
using Starling.Edge.Nodes;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>
/// What a client is subscribed to: SUBSCRIBE and UNSUBSCRIBE, resuming a durable session, and leaving. Subscriptions of a durable
/// session are kept and routed by the session; this edge routes those of other sessions, and what is delivered at QoS 0.
/// </summary>
internal sealed class SubscriptionReceiver(ClientConnection connection)
{
    // Made with the first subscription; locked by this object, which nobody else sees but its connection.
    private Dictionary<string, Entry>? _entries;

    private EdgeTenant Tenant => connection.EdgeTenant;

    private string TenantName => Tenant.Tenant.Name;

    public async ValueTask SubscribeAsync(SubscribePacket packet)
    {
        var reasons = new ReasonCode[packet.Subscriptions.Count];
        var granted = new List<Subscription>(reasons.Length);
        var replays = new List<Subscription>();
        var added = new HashSet<string>(StringComparer.Ordinal);
        var rules = connection.Access.Version;
        for (var i = 0; i < reasons.Length; i++)
        {
            var request = packet.Subscriptions[i];
            reasons[i] = Check(request, added);
            if (reasons[i] >= ReasonCode.UnspecifiedError)
                continue;
            var qos = (QualityOfService)Math.Min((byte)request.Options.MaximumQoS, Tenant.Tenant.Options.Limits.MaximumQoS);
            reasons[i] = (ReasonCode)qos;
            var subscription = new Subscription(
                request.TopicFilter, request.Options with { MaximumQoS = qos }, packet.SubscriptionIdentifier);
            granted.Add(subscription);
            var isNew = !Contains(subscription.Filter) && added.Add(subscription.Filter);
            if (WantsRetained(subscription, isNew))
                replays.Add(subscription);
        }

        connection.ExpectReplay(replays);
        if (connection.IsDurable && granted.Count > 0)
            await connection.Session.SubscribeAsync(connection.Epoch, granted).ConfigureAwait(false);
        await AddAsync(granted).ConfigureAwait(false);
        if (connection.Access.Version != rules)
            await AuthorizeAgainAsync().ConfigureAwait(false);
        connection.Send(new SubAckPacket { PacketIdentifier = packet.PacketIdentifier, ReasonCodes = reasons });
        connection.Replay(replays);
    }

    public async ValueTask UnsubscribeAsync(UnsubscribePacket packet)
    {
        var reasons = new ReasonCode[packet.TopicFilters.Count];
        var removed = new List<string>();
        for (var i = 0; i < reasons.Length; i++)
        {
            var filter = packet.TopicFilters[i];
            if (await RemoveAsync(filter).ConfigureAwait(false))
                removed.Add(filter);
            else
                reasons[i] = ReasonCode.NoSubscriptionExisted;
        }

        if (connection.IsDurable && removed.Count > 0)
            await connection.Session.UnsubscribeAsync(connection.Epoch, removed).ConfigureAwait(false);
        connection.Send(new UnsubAckPacket { PacketIdentifier = packet.PacketIdentifier, ReasonCodes = reasons });
    }

    /// <summary>Takes up the subscriptions of an earlier connection, as far as they are still allowed.</summary>
    public async ValueTask ResumeAsync(IReadOnlyList<Subscription> subscriptions)
    {
        var access = connection.Access;
        var refused = subscriptions.Where(s => !access.MaySubscribe(s.Filter)).ToArray();
        await AddAsync(subscriptions.Except(refused)).ConfigureAwait(false);
        if (refused.Length > 0)
            await connection.Session.UnsubscribeAsync(connection.Epoch, [.. refused.Select(s => s.Filter)]).ConfigureAwait(false);
        if (connection.Access.Version != access.Version)
            await AuthorizeAgainAsync().ConfigureAwait(false);
    }

    /// <summary>Gives up what the tenant's rules do not allow any more.</summary>
    public async Task AuthorizeAgainAsync()
    {
        string[] refused;
        lock (this)
            refused = [.. _entries?.Keys.Where(filter => !connection.Access.MaySubscribe(filter)) ?? []];
        foreach (var filter in refused)
            await RemoveAsync(filter).ConfigureAwait(false);
        if (connection.IsDurable && refused.Length > 0)
            await connection.Session.UnsubscribeAsync(connection.Epoch, refused).ConfigureAwait(false);
    }

    /// <summary>The connection has ended. A shard in another process hears of it when it can: what it has for this connection finds nobody.</summary>
    public async ValueTask LeaveAsync()
    {
        string[] filters;
        lock (this)
            filters = [.. _entries?.Keys ?? Enumerable.Empty<string>()];
        foreach (var filter in filters)
        {
            var removing = RemoveAsync(filter);
            if (connection.Node.Cluster.HasOtherEdges)
                _ = removing.AsTask();
            else
                await removing.ConfigureAwait(false);
        }
    }

    public bool Contains(string filter)
    {
        lock (this)
            return _entries?.ContainsKey(filter) == true;
    }

    /// <param name="request">One of the packet's.</param>
    /// <param name="added">New filters that the packet has had granted before it.</param>
    private ReasonCode Check(SubscriptionRequest request, HashSet<string> added)
    {
        var filter = request.TopicFilter;
        var limits = Tenant.Tenant.Options.Limits;
        var quotas = Tenant.Tenant.Quotas;
        if (System.Text.Encoding.UTF8.GetByteCount(filter) > limits.TopicLength)
            return FilterRefused(TenantLimit.TopicLength);
        if (filter.AsSpan().Count('/') + 1 > limits.TopicLevels)
            return FilterRefused(TenantLimit.TopicLevels);
        if (!limits.SharedSubscriptions && TopicFilters.IsShared(filter))
            return quotas.Refuse(TenantLimit.SharedSubscriptions);
        if (!limits.WildcardSubscriptions && filter.AsSpan().ContainsAny('+', '#'))
            return quotas.Refuse(TenantLimit.WildcardSubscriptions);
        lock (this)
        {
            var count = _entries?.Count ?? 0;
            if (_entries?.ContainsKey(filter) != true && !added.Contains(filter) && count + added.Count >= limits.SubscriptionsPerClient)
                return quotas.Refuse(TenantLimit.SubscriptionsPerClient);
        }

        return connection.Access.MaySubscribe(filter) ? ReasonCode.Success : ReasonCode.NotAuthorized;

        ReasonCode FilterRefused(TenantLimit limit)
        {
            quotas.Refuse(limit);
            return ReasonCode.TopicFilterInvalid;
        }
    }

    /// <summary>Retain Handling 0 always, 1 if the subscription is new, 2 never; never for shared ones ([MQTT-3.3.1-9] to [-11], section 4.8.2).</summary>
    private static bool WantsRetained(Subscription subscription, bool isNew) =>
        !TopicFilters.IsShared(subscription.Filter) && subscription.Options.RetainHandling switch
        {
            RetainHandling.SendAtSubscribe => true,
            RetainHandling.SendAtSubscribeIfNew => isNew,
            _ => false,
        };

    /// <summary>All are asked for before the first one is waited for.</summary>
    private async ValueTask AddAsync(IEnumerable<Subscription> subscriptions)
    {
        List<Task>? pending = null;
        foreach (var subscription in subscriptions)
        {
            var adding = AddAsync(subscription);
            if (!adding.IsCompletedSuccessfully)
                (pending ??= []).Add(adding);
        }

        if (pending is not null)
            await Task.WhenAll(pending).ConfigureAwait(false);
    }

    private Task AddAsync(Subscription subscription)
    {
        var cluster = connection.Node.Cluster;
        if (TopicFilters.TryParseShared(subscription.Filter, out var shared))
        {
            // The session of a durable member joins for it.
            ITopicShard[] shards = connection.IsDurable ? [] : [.. cluster.ShardsOf(TenantName, shared.Filter)];
            if (Keep(subscription.Filter, new Entry(null, shards)))
                Tenant.Counters.SharedSubscriptions.Increment();
            if (shards.Length == 0)
                return Task.CompletedTask;
            var member = new SharedMember(
                connection.ClientId, subscription.Options, subscription.SubscriptionIdentifier, connection.EdgeId, Durable: false, connection.Epoch);
            return OnEachAsync(shards, shard => shard.JoinAsync(new SharedGroupKey(shared.ShareName, shared.Filter), member));
        }

        lock (this)
        {
            if (_entries is not null && _entries.TryGetValue(subscription.Filter, out var present))
            {
                Tenant.Subscriptions.Replace(present.Local!, subscription);
                return Task.CompletedTask;
            }
        }

        var local = new LocalSubscription(connection, subscription);
        ITopicShard[] routed = cluster.HasOtherEdges ? [.. cluster.ShardsOf(TenantName, subscription.Filter)] : [];
        Keep(subscription.Filter, new Entry(local, routed));
        Tenant.Counters.Subscriptions.Increment();
        Tenant.Subscriptions.Add(local);
        return OnEachAsync(routed, shard => shard.SetEdgeRouteAsync(connection.EdgeId, subscription.Filter, present: true));
    }

    private static Task OnEachAsync(ITopicShard[] shards, Func<ITopicShard, ValueTask> call)
    {
        List<Task>? pending = null;
        foreach (var shard in shards)
        {
            var calling = call(shard);
            if (!calling.IsCompletedSuccessfully)
                (pending ??= []).Add(calling.AsTask());
        }

        return pending is null ? Task.CompletedTask : Task.WhenAll(pending);
    }

    private bool Keep(string filter, Entry entry)
    {
        lock (this)
        {
            _entries ??= new Dictionary<string, Entry>(StringComparer.Ordinal);
            var isNew = !_entries.ContainsKey(filter);
            _entries[filter] = entry;
            return isNew;
        }
    }

    private async ValueTask<bool> RemoveAsync(string filter)
    {
        Entry? entry;
        lock (this)
        {
            if (_entries is null || !_entries.Remove(filter, out entry))
                return false;
        }

        if (entry.Local is { } local)
        {
            Tenant.Counters.Subscriptions.Decrement();
            Tenant.Subscriptions.Remove(local);
            await OnEachAsync(entry.Shards, shard => shard.SetEdgeRouteAsync(connection.EdgeId, filter, present: false)).ConfigureAwait(false);
            return true;
        }

        Tenant.Counters.SharedSubscriptions.Decrement();
        if (TopicFilters.TryParseShared(filter, out var shared))
        {
            var group = new SharedGroupKey(shared.ShareName, shared.Filter);
            await OnEachAsync(entry.Shards, shard => shard.LeaveAsync(group, connection.ClientId, connection.Epoch)).ConfigureAwait(false);
        }

        return true;
    }

    /// <param name="Local">Null for a shared subscription, which the shards hold.</param>
    /// <param name="Shards">Those that know of it by this edge: they are told when it goes, though the edge may be another one by then.</param>
    private sealed record Entry(LocalSubscription? Local, ITopicShard[] Shards);
}
