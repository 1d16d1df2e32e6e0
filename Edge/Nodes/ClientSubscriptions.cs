using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Routing;
using Starling.Protocol;

namespace Starling.Edge.Nodes;

/// <summary>
/// What a connection is subscribed to, and where that is known. Subscriptions of a durable session are kept and routed by the session; this
/// edge routes those of other sessions, and what is delivered at QoS 0. Thread-safe.
/// </summary>
internal sealed class ClientSubscriptions(EdgeConnection connection)
{
    private readonly Lock _gate = new();

    // Made with the first subscription.
    private Dictionary<string, Entry>? _entries;
    private long _bytes;

    private EdgeTenant Tenant => connection.EdgeTenant;

    private string TenantName => Tenant.Tenant.Name;

    public int Count
    {
        get
        {
            lock (_gate)
                return _entries?.Count ?? 0;
        }
    }

    /// <summary>What they take in memory (<see cref="FilterCost"/>).</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    /// <param name="filter">As the client wrote it.</param>
    public bool Contains(string filter)
    {
        lock (_gate)
            return _entries?.ContainsKey(filter) == true;
    }

    /// <summary>Adds or replaces subscriptions. All shards are asked before the first one is waited for.</summary>
    public async ValueTask AddAsync(IEnumerable<Subscription> subscriptions)
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

    /// <returns>False when there was no such subscription.</returns>
    public async ValueTask<bool> RemoveAsync(string filter)
    {
        Entry? entry;
        lock (_gate)
        {
            if (_entries is null || !_entries.Remove(filter, out entry))
                return false;
            connection.Ledger.Set(HeldKind.Filters, _bytes -= FilterCost.Of(filter));
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

    /// <summary>Restores the subscriptions of an earlier connection, as far as they are still allowed.</summary>
    public async ValueTask ResumeAsync(IReadOnlyList<Subscription> subscriptions)
    {
        var access = connection.Access;
        var refused = subscriptions.Where(s => !access.MaySubscribe(s.Filter)).ToArray();
        await AddAsync(subscriptions.Except(refused)).ConfigureAwait(false);
        if (refused.Length > 0)
            await connection.Session.UnsubscribeAsync(connection.Epoch, [.. refused.Select(s => s.Filter)]).ConfigureAwait(false);
        if (connection.Access.Version != access.Version)
            await AuthorizeAsync().ConfigureAwait(false);
    }

    /// <summary>Removes what the tenant's rules do not allow any more.</summary>
    public async ValueTask AuthorizeAsync()
    {
        string[] refused;
        lock (_gate)
            refused = [.. _entries?.Keys.Where(filter => !connection.Access.MaySubscribe(filter)) ?? []];
        foreach (var filter in refused)
            await RemoveAsync(filter).ConfigureAwait(false);
        if (connection.IsDurable && refused.Length > 0)
            await connection.Session.UnsubscribeAsync(connection.Epoch, refused).ConfigureAwait(false);
    }

    /// <summary>
    /// Removes all when the connection has ended. A shard in another process is not waited for: what it sends to this connection meanwhile
    /// finds nobody.
    /// </summary>
    public async ValueTask LeaveAsync()
    {
        string[] filters;
        lock (_gate)
            filters = [.. _entries?.Keys ?? Enumerable.Empty<string>()];
        foreach (var filter in filters)
        {
            var removing = RemoveAsync(filter);
            if (!connection.Cluster.HasOtherEdges)
                await removing.ConfigureAwait(false);
            else if (!removing.IsCompletedSuccessfully)
                connection.RunInBackground(new ValueTask(removing.AsTask()), "Removal of a subscription whose connection has ended");
        }
    }

    private Task AddAsync(Subscription subscription)
    {
        var cluster = connection.Cluster;
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

        lock (_gate)
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
        lock (_gate)
        {
            _entries ??= new Dictionary<string, Entry>(StringComparer.Ordinal);
            var isNew = !_entries.ContainsKey(filter);
            _entries[filter] = entry;
            if (isNew)
                connection.Ledger.Set(HeldKind.Filters, _bytes += FilterCost.Of(filter));
            return isNew;
        }
    }

    /// <param name="Local">Null for a shared subscription, which the shards hold.</param>
    /// <param name="Shards">Those that know of it by this edge: they are told when it goes, even if the edge has another id by then.</param>
    private sealed record Entry(LocalSubscription? Local, ITopicShard[] Shards);
}
