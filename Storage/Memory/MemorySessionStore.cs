using System.Collections.Concurrent;
using Starling.Broker.Sessions;

namespace Starling.Storage.Memory;

/// <summary>Durable sessions in memory: they outlive their connections, not the process.</summary>
public sealed class MemorySessionStore(MemoryInboxStore inboxes) : ISessionStore
{
    private readonly ConcurrentDictionary<SessionKey, Stored> _sessions = new();
    private long _lastId;

    public ValueTask<StoredSession?> TakeAsync(SessionKey session, long epoch)
    {
        if (!_sessions.TryGetValue(session, out var stored))
            return new((StoredSession?)null);
        lock (stored)
        {
            stored.State = stored.State with { Epoch = Math.Max(stored.State.Epoch + 1, epoch) };
            var hold = new SessionHold(session, stored.Id, stored.State.Epoch);
            return new(new StoredSession(
                hold, stored.State, [.. stored.Subscriptions.Values], [.. stored.Received], inboxes.Take(hold, stored.State.NextNumber)));
        }
    }

    public ValueTask<SessionHold> SaveAsync(SessionKey session, long epoch, SessionState state)
    {
        var stored = _sessions.GetOrAdd(session, static (_, self) => new Stored(Interlocked.Increment(ref self._lastId)), this);
        lock (stored)
        {
            if (stored.State.Epoch != 0 && stored.State.Epoch != epoch)
                throw new StaleEpochException(session, epoch);
            stored.State = state;
            var hold = new SessionHold(session, stored.Id, state.Epoch);
            inboxes.SetEpoch(hold);
            return new(hold);
        }
    }

    public ValueTask SetSubscriptionsAsync(SessionHold session, IReadOnlyList<Subscription> set, IReadOnlyList<string> removed)
    {
        Change(session, stored =>
        {
            foreach (var filter in removed)
                stored.Subscriptions.Remove(filter);
            foreach (var subscription in set)
                stored.Subscriptions[subscription.Filter] = subscription;
        });
        return ValueTask.CompletedTask;
    }

    public ValueTask SetReceivedAsync(SessionHold session, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released)
    {
        Change(session, stored =>
        {
            stored.Received.UnionWith(received);
            stored.Received.ExceptWith(released);
        });
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAsync(SessionKey session, long epoch)
    {
        if (_sessions.TryGetValue(session, out var stored))
        {
            lock (stored)
            {
                if (stored.State.Epoch == epoch && _sessions.TryRemove(new(session, stored)))
                    inboxes.Delete(stored.Id);
            }
        }

        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<StoredRoute> LoadRoutesAsync(string tenant)
    {
        foreach (var (key, stored) in _sessions)
        {
            if (key.Tenant != tenant)
                continue;
            Subscription[] subscriptions;
            lock (stored)
                subscriptions = [.. stored.Subscriptions.Values];
            foreach (var subscription in subscriptions)
                yield return new StoredRoute(key.ClientId, subscription);
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    /// <summary>None: what is in memory only, its owners know, and their timers with them.</summary>
    public ValueTask<IReadOnlyList<SessionKey>> ReadDueAsync(IReadOnlyCollection<string> tenants, long now, string edge, int most) =>
        new((IReadOnlyList<SessionKey>)[]);

    private void Change(SessionHold session, Action<Stored> change)
    {
        if (!_sessions.TryGetValue(session.Key, out var stored))
            throw new StaleEpochException(session.Key, session.Epoch);
        lock (stored)
        {
            if (stored.Id != session.Id || stored.State.Epoch != session.Epoch)
                throw new StaleEpochException(session.Key, session.Epoch);
            change(stored);
        }
    }

    private sealed class Stored(long id)
    {
        public long Id => id;

        public SessionState State { get; set; } = new(Epoch: 0, EdgeId: null, ExpirySeconds: 0);

        public Dictionary<string, Subscription> Subscriptions { get; } = new(StringComparer.Ordinal);

        public HashSet<ushort> Received { get; } = [];
    }
}
