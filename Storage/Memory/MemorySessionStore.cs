using System.Collections.Concurrent;
using Starling.Broker.Contracts;

namespace Starling.Storage.Memory;

/// <summary>Durable sessions in memory: they outlive their connections, and the process only as far as the inboxes do.</summary>
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
            if (stored.IsGone || stored.State.Epoch == 0)
                return new((StoredSession?)null);
            stored.State = stored.State with { Epoch = Math.Max(stored.State.Epoch + 1, epoch) };
            var hold = new SessionFencingToken(session, stored.Id, stored.State.Epoch);
            return new(new StoredSession(
                hold, stored.State, [.. stored.Subscriptions.Values], [.. stored.Received], inboxes.Take(hold, stored.State.NextNumber)));
        }
    }

    public ValueTask<SessionFencingToken> SaveAsync(SessionKey session, long epoch, SessionState state)
    {
        var stored = epoch == 0
            ? _sessions.GetOrAdd(session, static (_, self) => new Stored(Interlocked.Increment(ref self._lastId)), this)
            : _sessions.GetValueOrDefault(session);
        if (stored is null)
            throw new StaleEpochException(session, epoch);
        lock (stored)
        {
            if (stored.IsGone || stored.State.Epoch != epoch)
                throw new StaleEpochException(session, epoch);
            var next = state.Connection is null ? state.NextNumber : Math.Max(state.NextNumber, stored.State.NextNumber);
            stored.State = state with { NextNumber = next };
            var hold = new SessionFencingToken(session, stored.Id, state.Epoch);
            inboxes.SetEpoch(hold);
            inboxes.Connected(stored.Id, state.ConnectionEpoch);
            return new(hold);
        }
    }

    public ValueTask SetSubscriptionsAsync(SessionFencingToken session, IReadOnlyList<Subscription> set, IReadOnlyList<string> removed)
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

    public ValueTask SetReceivedAsync(SessionFencingToken session, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released)
    {
        Change(session, stored =>
        {
            stored.Received.UnionWith(received);
            stored.Received.ExceptWith(released);
            inboxes.Released(session.Id, released);
        });
        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> DeleteAsync(SessionKey session, long epoch)
    {
        if (!_sessions.TryGetValue(session, out var stored))
            return new(true);
        lock (stored)
        {
            if (stored.State.Epoch != epoch)
                return new(stored.IsGone);
            stored.IsGone = true;
            if (_sessions.TryRemove(new(session, stored)))
                inboxes.Delete(stored.Id);
            return new(true);
        }
    }

    public async IAsyncEnumerable<StoredRoute> LoadRoutesAsync(string tenant)
    {
        foreach (var (key, stored) in _sessions)
        {
            if (key.Tenant != tenant)
                continue;
            Subscription[] subscriptions;
            StoredConnection? connection;
            lock (stored)
                (subscriptions, connection) = ([.. stored.Subscriptions.Values], stored.State.Connection);
            foreach (var subscription in subscriptions)
                yield return new StoredRoute(key.ClientId, subscription, connection?.EdgeId, connection?.Epoch ?? 0);
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    /// <summary>None where it is gone with the process: what is in memory only, its owners know, and their timers with them.</summary>
    public ValueTask<IReadOnlyList<SessionKey>> ReadDueAsync(
        IReadOnlyCollection<string> tenants, long now, IReadOnlyCollection<string> liveEdges, int part, int parts, int most)
    {
        return new(inboxes.OutlivesProcess
            ? [.. _sessions
                .Where(s => s.Value.Id % parts == part && tenants.Contains(s.Key.Tenant) && IsDue(s.Value.State))
                .OrderBy(s => s.Value.Id).Select(s => s.Key).Take(most)]
            : (IReadOnlyList<SessionKey>)[]);

        bool IsDue(SessionState state) =>
            (state.Connection is { } connection && !liveEdges.Contains(connection.EdgeId)) || state.ExpiresAt <= now || state.WillAt <= now;
    }

    private void Change(SessionFencingToken session, Action<Stored> change)
    {
        if (!_sessions.TryGetValue(session.Key, out var stored))
            throw new StaleEpochException(session.Key, session.Epoch);
        lock (stored)
        {
            if (stored.IsGone || stored.Id != session.Id || stored.State.Epoch != session.Epoch)
                throw new StaleEpochException(session.Key, session.Epoch);
            change(stored);
        }
    }

    private sealed class Stored(long id)
    {
        public long Id => id;

        public bool IsGone { get; set; }

        public SessionState State { get; set; } = new(Epoch: 0, Connection: null, ExpirySeconds: 0);

        public Dictionary<string, Subscription> Subscriptions { get; } = new(StringComparer.Ordinal);

        public HashSet<ushort> Received { get; } = [];
    }
}
