using Starling.Broker.Contracts;
using Starling.Broker.Messages;

namespace Starling.Broker.Routing;

/// <summary>
/// Who a shard's topics lead to: edges, durable sessions, shared subscriptions. Thread-safe: routes change and are matched under a short
/// lock, and a match is kept with the topic until routes change.
/// </summary>
internal sealed class ShardRoutes
{
    private readonly Lock _gate = new();
    private readonly FilterIndex<Route> _index = new();
    private readonly Dictionary<string, Dictionary<string, Route>> _edges = new(StringComparer.Ordinal);
    private readonly Dictionary<(string ClientId, string Filter), Route> _durable = [];
    private readonly Dictionary<SharedGroupKey, Route> _groups = [];
    private readonly List<IReadOnlyList<Route>> _matches = [];
    private RecentMatches<RouteMatch>? _recent;
    private long _version;

    public void SetEdge(string edgeId, string filter, bool present)
    {
        lock (_gate)
        {
            if (present)
                AddEdge(edgeId, filter);
            else
                RemoveEdge(edgeId, filter);
            Changed();
        }
    }

    /// <summary>Applies what an edge says of its routes; when complete, what it does not name goes.</summary>
    public void Apply(string edgeId, EdgeRoutes routes)
    {
        lock (_gate)
        {
            if (routes.IsComplete)
                RemoveAll(edgeId, keptFilters: [.. routes.Added], keptMembers: [.. routes.Joined.Select(joined => (joined.Group, joined.Member.ClientId))]);
            foreach (var filter in routes.Removed)
                RemoveEdge(edgeId, filter);
            foreach (var filter in routes.Added)
                AddEdge(edgeId, filter);
            foreach (var (group, member) in routes.Left)
                LeaveNow(group, member.ClientId, member.Epoch);
            foreach (var (group, member) in routes.Joined)
                JoinNow(group, member);
            Changed();
        }
    }

    /// <summary>The edge is gone, and the connections that it held.</summary>
    public void RemoveEdge(string edgeId)
    {
        lock (_gate)
        {
            RemoveAll(edgeId, keptFilters: [], keptMembers: []);
            foreach (var route in _groups.Values)
                route.Group!.Lose(edgeId);
            Changed();
        }
    }

    public void SetDurable(string clientId, Subscription subscription)
    {
        lock (_gate)
        {
            if (_durable.TryGetValue((clientId, subscription.Filter), out var route))
                route.Subscription = subscription;
            else
            {
                route = new Route { ClientId = clientId, Subscription = subscription };
                _durable.Add((clientId, subscription.Filter), route);
                _index.Add(subscription.Filter, route);
            }

            Changed();
        }
    }

    public void RemoveDurable(string clientId, string filter)
    {
        lock (_gate)
        {
            if (!_durable.Remove((clientId, filter), out var route))
                return;
            _index.Remove(filter, route);
            Changed();
        }
    }

    public void Join(SharedGroupKey group, SharedMember member)
    {
        lock (_gate)
        {
            JoinNow(group, member);
            Changed();
        }
    }

    public void Leave(SharedGroupKey group, string clientId, long epoch)
    {
        lock (_gate)
        {
            LeaveNow(group, clientId, epoch);
            Changed();
        }
    }

    public SharedGroup? Group(SharedGroupKey key)
    {
        lock (_gate)
            return _groups.GetValueOrDefault(key)?.Group;
    }

    public RouteMatch Match(Topic topic)
    {
        if (topic.ShardMatch is RouteMatch known && ReferenceEquals(known.Owner, this) && known.Version == Volatile.Read(ref _version))
            return known;
        if (Volatile.Read(ref _recent)?.Find(topic) is { } recent && recent.Version == Volatile.Read(ref _version))
        {
            topic.ShardMatch = recent;
            return recent;
        }

        lock (_gate)
        {
            _matches.Clear();
            _index.Match(topic, _matches);
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
            (_recent ??= new RecentMatches<RouteMatch>()).Keep(topic, match);
            return match;
        }
    }

    private void Changed()
    {
        Volatile.Write(ref _version, _version + 1);
        _recent = null;
    }

    private void AddEdge(string edgeId, string filter)
    {
        if (!_edges.TryGetValue(edgeId, out var filters))
            _edges.Add(edgeId, filters = new Dictionary<string, Route>(StringComparer.Ordinal));
        var route = new Route { EdgeId = edgeId };
        if (filters.TryAdd(filter, route))
            _index.Add(filter, route);
    }

    private void RemoveEdge(string edgeId, string filter)
    {
        if (!_edges.TryGetValue(edgeId, out var filters) || !filters.Remove(filter, out var route))
            return;
        _index.Remove(filter, route);
        if (filters.Count == 0)
            _edges.Remove(edgeId);
    }

    private void RemoveAll(string edgeId, HashSet<string> keptFilters, HashSet<(SharedGroupKey, string)> keptMembers)
    {
        if (_edges.TryGetValue(edgeId, out var filters))
        {
            foreach (var filter in filters.Keys.Where(filter => !keptFilters.Contains(filter)).ToArray())
                RemoveEdge(edgeId, filter);
        }

        foreach (var (key, route) in _groups.ToArray())
        {
            foreach (var member in route.Group!.OfEdge(edgeId))
            {
                if (!keptMembers.Contains((key, member.ClientId)))
                    LeaveNow(key, member.ClientId, member.Epoch);
            }
        }
    }

    private void JoinNow(SharedGroupKey group, SharedMember member)
    {
        if (!_groups.TryGetValue(group, out var route))
        {
            route = new Route { Group = new SharedGroup(group) };
            _groups.Add(group, route);
            _index.Add(group.Filter, route);
        }

        route.Group!.Join(member);
    }

    private void LeaveNow(SharedGroupKey group, string clientId, long epoch)
    {
        if (!_groups.TryGetValue(group, out var route) || route.Group!.Leave(clientId, epoch) > 0)
            return;
        _groups.Remove(group);
        _index.Remove(group.Filter, route);
    }
}
