using Starling.Broker.Contracts;
using Starling.Broker.Messages;

namespace Starling.Cluster.Links;

/// <summary>
/// The routes that an edge wants at one shard, and what of it the shard has not been told. Each piece that is told has a version: one that
/// is complete holds all that was wanted at that moment, others what changed since the piece before. What is told twice does no harm, so a
/// change that a complete piece has told already is told again. Thread-safe.
/// </summary>
/// <param name="version">Higher than any that an earlier link of this edge to the shard has used.</param>
internal sealed class LinkedRoutes(long version)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedFilter> _filters = new(StringComparer.Ordinal);
    private readonly Dictionary<(SharedGroupKey Group, string ClientId), SharedMember> _members = [];
    private readonly Dictionary<string, bool> _changedFilters = new(StringComparer.Ordinal);
    private readonly Dictionary<(SharedGroupKey Group, string ClientId), SharedMember> _joined = [];
    private readonly List<GroupMember> _left = [];
    private long _version = version;

    /// <returns>The filter; the caller has to tell the shard unless it <see cref="LinkedFilter.IsConfirmed"/>.</returns>
    public LinkedFilter Add(string filter)
    {
        lock (_gate)
        {
            if (!_filters.TryGetValue(filter, out var linked))
            {
                _filters.Add(filter, linked = new LinkedFilter());
                _changedFilters[filter] = true;
            }

            linked.Subscriptions++;
            return linked;
        }
    }

    /// <returns>True when the shard has to be told.</returns>
    public bool Remove(string filter)
    {
        lock (_gate)
        {
            if (!_filters.TryGetValue(filter, out var linked) || --linked.Subscriptions > 0)
                return false;
            _filters.Remove(filter);
            _changedFilters[filter] = false;
            return true;
        }
    }

    public void Join(SharedGroupKey group, SharedMember member)
    {
        lock (_gate)
            _members[(group, member.ClientId)] = _joined[(group, member.ClientId)] = member;
    }

    /// <returns>Whether it was a member, and the shard has to be told.</returns>
    public bool Leave(SharedGroupKey group, string clientId, long epoch)
    {
        lock (_gate)
        {
            if (!_members.TryGetValue((group, clientId), out var member) || member.Epoch > epoch)
                return false;
            _members.Remove((group, clientId));
            _joined.Remove((group, clientId));
            _left.Add(new GroupMember(group, member));
            return true;
        }
    }

    /// <summary>What has changed since the last piece; null for nothing.</summary>
    public EdgeRoutes? TakeChanges()
    {
        lock (_gate)
        {
            if (_changedFilters.Count + _joined.Count + _left.Count == 0)
                return null;
            var changes = new EdgeRoutes(
                ++_version,
                IsComplete: false,
                [.. _changedFilters.Where(change => change.Value).Select(change => change.Key)],
                [.. _changedFilters.Where(change => !change.Value).Select(change => change.Key)],
                [.. _joined.Select(joined => new GroupMember(joined.Key.Group, joined.Value))],
                [.. _left]);
            Told();
            return changes;
        }
    }

    /// <summary>All routes, instead of what has changed.</summary>
    public EdgeRoutes TakeAll()
    {
        lock (_gate)
        {
            Told();
            return Complete();
        }
    }

    /// <summary>All routes, for a shard that asks; changes are told all the same to whoever is the shard.</summary>
    public EdgeRoutes ReadAll()
    {
        lock (_gate)
            return Complete();
    }

    private EdgeRoutes Complete() => new(
        ++_version,
        IsComplete: true,
        [.. _filters.Keys],
        [],
        [.. _members.Select(member => new GroupMember(member.Key.Group, member.Value))],
        []);

    private void Told()
    {
        _changedFilters.Clear();
        _joined.Clear();
        _left.Clear();
    }
}

/// <summary>A filter that connections of this edge subscribe to.</summary>
internal sealed class LinkedFilter
{
    /// <summary>How many; locked by its routes.</summary>
    public int Subscriptions { get; set; }

    /// <summary>Whether the shard is known to have it.</summary>
    public bool IsConfirmed { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }
}
