using System.Collections.Concurrent;
using Starling.Broker.Sessions;

namespace Starling.Storage.Memory;

/// <summary>Durable sessions in memory: they outlive their connections, not the process.</summary>
public sealed class MemorySessionStore(MemoryInboxStore inboxes) : ISessionStore
{
    private readonly ConcurrentDictionary<SessionKey, StoredSession> _sessions = new();

    public ValueTask<StoredSession?> LoadAsync(SessionKey session) => new(_sessions.GetValueOrDefault(session));

    public ValueTask SaveAsync(SessionKey session, StoredSession state)
    {
        _sessions.AddOrUpdate(
            session,
            static (_, next) => next,
            static (key, before, next) => next.Epoch < before.Epoch ? throw new StaleEpochException(key, next.Epoch) : next,
            state);
        return ValueTask.CompletedTask;
    }

    public ValueTask SetSubscriptionsAsync(
        SessionKey session, long epoch, IReadOnlyList<Subscription> set, IReadOnlyList<string> removed) =>
        Change(session, epoch, state => state with
        {
            Subscriptions =
            [
                .. state.Subscriptions.Where(s => !removed.Contains(s.Filter) && set.All(added => added.Filter != s.Filter)),
                .. set,
            ],
        });

    public ValueTask SetReceivedAsync(SessionKey session, long epoch, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released) =>
        Change(session, epoch, state => state with { Received = [.. state.Received.Union(received).Except(released)] });

    public ValueTask DeleteAsync(SessionKey session, long epoch)
    {
        _sessions.TryRemove(session, out _);
        inboxes.Delete(session);
        return ValueTask.CompletedTask;
    }

    private ValueTask Change(SessionKey session, long epoch, Func<StoredSession, StoredSession> change)
    {
        while (_sessions.TryGetValue(session, out var state))
        {
            if (epoch < state.Epoch)
                throw new StaleEpochException(session, epoch);
            if (_sessions.TryUpdate(session, change(state), state))
                break;
        }

        return ValueTask.CompletedTask;
    }
}
