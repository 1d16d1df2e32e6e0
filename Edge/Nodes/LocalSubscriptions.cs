using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Routing;

namespace Starling.Edge.Nodes;

/// <summary>
/// What the connections of this edge have subscribed to, for one tenant. A match is kept with the topic until subscriptions change.
/// Thread-safe.
/// </summary>
internal sealed class LocalSubscriptions
{
    private readonly Lock _gate = new();
    private readonly FilterIndex<LocalSubscription> _index = new();
    private readonly List<IReadOnlyList<LocalSubscription>> _matches = [];
    private RecentMatches<LocalMatch>? _recent;
    private long _version;

    /// <returns>True when it is the filter's first subscription on this edge.</returns>
    public bool Add(LocalSubscription subscription)
    {
        lock (_gate)
        {
            Changed();
            return _index.Add(subscription.Filter, subscription);
        }
    }

    /// <returns>True when it was the filter's last subscription on this edge.</returns>
    public bool Remove(LocalSubscription subscription)
    {
        lock (_gate)
        {
            Changed();
            return _index.Remove(subscription.Filter, subscription);
        }
    }

    public void Replace(LocalSubscription subscription, Subscription with)
    {
        lock (_gate)
        {
            subscription.Value = with;
            Changed();
        }
    }

    public LocalMatch Match(Topic topic)
    {
        if (topic.EdgeMatch is LocalMatch known && ReferenceEquals(known.Owner, this) && known.Version == Volatile.Read(ref _version))
            return known;
        if (Volatile.Read(ref _recent)?.Find(topic) is { } recent && recent.Version == Volatile.Read(ref _version))
        {
            topic.EdgeMatch = recent;
            return recent;
        }

        lock (_gate)
        {
            _matches.Clear();
            _index.Match(topic, _matches);
            var match = new LocalMatch(this, _version, Receivers());
            topic.EdgeMatch = match;
            (_recent ??= new RecentMatches<LocalMatch>()).Keep(topic, match);
            return match;
        }
    }

    private void Changed()
    {
        Volatile.Write(ref _version, _version + 1);
        _recent = null;
    }

    private Receiver[] Receivers() => _matches switch
    {
        [] => [],
        // A connection has one subscription to a filter, so nothing has to be merged.
        [var only] => [.. only.Select(s => Receiver.Of(s.Connection, [s.Value]))],
        _ => [.. _matches.SelectMany(list => list)
            .GroupBy(s => s.Connection, s => s.Value)
            .Select(group => Receiver.Of(group.Key, [.. group]))],
    };
}

/// <summary>One connection's subscription to one filter, not a shared one.</summary>
internal sealed class LocalSubscription(EdgeConnection connection, Subscription subscription) : IFilterEntry
{
    public EdgeConnection Connection => connection;

    public string Filter => Value.Filter;

    public Subscription Value { get; set; } = subscription;

    public int Position { get; set; }
}

/// <summary>What a topic matched, as of one version of the subscriptions.</summary>
internal sealed record LocalMatch(LocalSubscriptions Owner, long Version, Receiver[] Receivers);

/// <summary>A connection that gets a topic's messages.</summary>
/// <param name="All">Its matching subscriptions as one.</param>
/// <param name="HasNoLocal">Whether <see cref="Own"/> differs from <see cref="All"/>.</param>
/// <param name="Own">Those that match messages it has published itself; null when it does not get them ([MQTT-3.8.3-3]).</param>
internal sealed record Receiver(EdgeConnection Connection, MergedOptions All, bool HasNoLocal, MergedOptions? Own)
{
    public static Receiver Of(EdgeConnection connection, Subscription[] subscriptions)
    {
        var all = MergedOptions.Of(subscriptions);
        return subscriptions.Any(s => s.Options.NoLocal)
            ? new Receiver(connection, all, HasNoLocal: true, MergedOptions.ForPublisher(subscriptions))
            : new Receiver(connection, all, HasNoLocal: false, all);
    }
}
