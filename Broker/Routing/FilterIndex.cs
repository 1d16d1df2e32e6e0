using Starling.Broker.Messages;

namespace Starling.Broker.Routing;

/// <summary>
/// Topic filters and what is subscribed under each. Filters without wildcards are looked up whole; the others are kept by level, so
/// that the cost of a match grows with the levels of the topic and the filters that match, not with those that don't.
/// Not thread-safe: the owner locks.
/// </summary>
public sealed class FilterIndex<T> where T : class, IFilterEntry
{
    private readonly Dictionary<string, FilterEntries<T>> _exact = new(StringComparer.Ordinal);
    private readonly FilterNode<T> _root = new();
    private List<FilterNode<T>> _frontier = [];
    private List<FilterNode<T>> _next = [];

    /// <summary>The entries of a filter, or null when there are none.</summary>
    public IReadOnlyList<T>? Find(string filter) => Locate(filter)?.Items;

    /// <returns>True when it is the filter's first entry.</returns>
    public bool Add(string filter, T entry)
    {
        FilterEntries<T> entries;
        if (!FilterIndex.HasWildcard(filter))
            entries = _exact.TryGetValue(filter, out var found) ? found : _exact[filter] = new FilterEntries<T>();
        else
        {
            var (node, isHash) = Walk(filter, create: true)!.Value;
            entries = isHash ? node.Below ??= new FilterEntries<T>() : node.Here ??= new FilterEntries<T>();
        }

        entries.Add(entry);
        return entries.Items.Count == 1;
    }

    /// <returns>True when it was the filter's last entry.</returns>
    public bool Remove(string filter, T entry)
    {
        if (Locate(filter) is not { } entries || !entries.Remove(entry) || entries.Items.Count > 0)
            return false;
        if (!FilterIndex.HasWildcard(filter))
            _exact.Remove(filter);
        else
        {
            var (node, isHash) = Walk(filter, create: false)!.Value;
            if (isHash)
                node.Below = null;
            else
                node.Here = null;
            Prune(node);
        }

        return true;
    }

    /// <summary>Adds to <paramref name="matches"/> the entries of each filter that matches; each list belongs to the index.</summary>
    public void Match(Topic topic, List<IReadOnlyList<T>> matches)
    {
        if (_exact.TryGetValue(topic.Text, out var exact))
            matches.Add(exact.Items);
        if (_root.IsEmpty)
            return;

        _frontier.Clear();
        _frontier.Add(_root);
        var rest = topic.Text.AsSpan();
        var first = true;
        var more = true;
        while (more && _frontier.Count > 0)
        {
            var slash = rest.IndexOf('/');
            more = slash >= 0;
            var level = more ? rest[..slash] : rest;
            rest = more ? rest[(slash + 1)..] : default;
            var wildcards = !(first && topic.IsReserved);
            first = false;

            _next.Clear();
            foreach (var node in _frontier)
            {
                if (wildcards && node.Below is { } below)
                    matches.Add(below.Items);
                if (node.Child(level) is { } child)
                    _next.Add(child);
                if (wildcards && node.Plus is { } plus)
                    _next.Add(plus);
            }

            (_frontier, _next) = (_next, _frontier);
        }

        // The topic has ended: filters that end here match, and so does "/#" behind them ([MQTT-4.7.1-2], non-normative example).
        foreach (var node in _frontier)
        {
            if (node.Here is { } here)
                matches.Add(here.Items);
            if (node.Below is { } below)
                matches.Add(below.Items);
        }
    }

    private FilterEntries<T>? Locate(string filter)
    {
        if (!FilterIndex.HasWildcard(filter))
            return _exact.GetValueOrDefault(filter);
        return Walk(filter, create: false) is var (node, isHash) ? isHash ? node.Below : node.Here : null;
    }

    private (FilterNode<T> Node, bool IsHash)? Walk(string filter, bool create)
    {
        var node = _root;
        foreach (var range in filter.AsSpan().Split('/'))
        {
            var level = filter.AsSpan()[range];
            if (level is "#")
                return (node, true);
            var next = level is "+" ? node.Plus : node.Child(level);
            if (next is null)
            {
                if (!create)
                    return null;
                next = node.AddChild(level.ToString());
            }

            node = next;
        }

        return (node, false);
    }

    private static void Prune(FilterNode<T> node)
    {
        while (node is { IsEmpty: true, Parent: { } parent })
        {
            parent.RemoveChild(node);
            node = parent;
        }
    }
}

internal static class FilterIndex
{
    public static bool HasWildcard(string filter) => filter.AsSpan().ContainsAny('+', '#');
}
