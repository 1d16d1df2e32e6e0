using System.Collections.Concurrent;
using Starling.Broker.Sessions;

namespace Starling.Storage.Memory;

/// <summary>Inboxes in memory: gone with the process, so that no publisher ever repeats a message to them.</summary>
public sealed class MemoryInboxStore : IInboxStore
{
    private readonly ConcurrentDictionary<long, MemoryInbox> _inboxes = new();

    public ValueTask<IReadOnlyList<long>> AppendAsync(SessionHold session, IReadOnlyList<InboxEntry> entries) =>
        new(Of(session).Append(session, entries));

    public ValueTask AcknowledgeAsync(SessionHold session, IReadOnlyList<InboxAck> acks)
    {
        Of(session).Acknowledge(session, acks);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<InboxEntry>> ReadAsync(SessionHold session, long from, int most) => new(Of(session).Read(from, most));

    internal InboxSummary Take(SessionHold session, long next)
    {
        SetEpoch(session);
        return _inboxes[session.Id].Summary(next);
    }

    internal void SetEpoch(SessionHold session) => _inboxes.GetOrAdd(session.Id, static _ => new MemoryInbox()).Epoch = session.Epoch;

    internal void Delete(long session) => _inboxes.TryRemove(session, out _);

    private MemoryInbox Of(SessionHold session) =>
        _inboxes.TryGetValue(session.Id, out var inbox) ? inbox : throw new StaleEpochException(session.Key, session.Epoch);
}
