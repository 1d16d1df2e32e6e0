using System.Collections.Concurrent;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;

namespace Starling.Storage.Memory;

/// <summary>Inboxes in memory.</summary>
/// <param name="outlivesProcess">
/// Whether several processes, as a simulation has them, use them: publishers then repeat messages when one of those dies. Otherwise they
/// are gone with the process, so that nobody ever does.
/// </param>
public sealed class MemoryInboxStore(bool outlivesProcess = false) : IInboxStore
{
    private readonly ConcurrentDictionary<long, MemoryInbox> _inboxes = new();
    private readonly MemoryRepeats? _repeats = outlivesProcess ? new MemoryRepeats() : null;
    private readonly Lock _moving = new();

    internal bool OutlivesProcess => outlivesProcess;

    public ValueTask<IReadOnlyList<long>> AppendAsync(SessionFencingToken session, IReadOnlyList<InboxEntry> entries, long reserve = 0)
    {
        if (_repeats is null && !entries.Any(entry => entry.Delivery.From is not null))
        {
            Of(session).Append(session, entries, reserve);
            return new([]);
        }

        lock (_moving)
        {
            List<long> left = [];
            Of(session).Append(session, entries, reserve, entry =>
            {
                var taken = _repeats?.Take(session, entry) != false && MayMove(entry.Delivery.From);
                if (!taken)
                    left.Add(entry.Number);
                return taken;
            });
            return new(left);
        }
    }

    public ValueTask AcknowledgeAsync(SessionFencingToken session, IReadOnlyList<InboxAck> acks, Action? refused = null)
    {
        Of(session).Acknowledge(session, acks);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<InboxEntry>> ReadAsync(SessionFencingToken session, long from, int most, long mostBytes = long.MaxValue) =>
        new(Of(session).Read(from, most, mostBytes));

    internal InboxSummary Take(SessionFencingToken session, long next)
    {
        SetEpoch(session);
        return _inboxes[session.Id].Summary(Math.Max(next, _repeats?.HighestNumber(session.Id) + 1 ?? 0));
    }

    internal void SetEpoch(SessionFencingToken session) => _inboxes.GetOrAdd(session.Id, static _ => new MemoryInbox()).Epoch = session.Epoch;

    /// <summary>The session has a connection with this epoch.</summary>
    internal void Connected(long session, long epoch) => _repeats?.Connected(session, epoch);

    internal void Delete(long session)
    {
        _inboxes.TryRemove(session, out _);
        _repeats?.Forget(session);
    }

    internal void Released(long publisher, IReadOnlyList<ushort> packetIdentifiers) => _repeats?.Forget(publisher, packetIdentifiers);

    private bool MayMove(InboxPlace? from) => from is null || (_inboxes.TryGetValue(from.Session, out var giver) && giver.Leave(from));

    private MemoryInbox Of(SessionFencingToken session) =>
        _inboxes.TryGetValue(session.Id, out var inbox) ? inbox : throw new StaleEpochException(session.Key, session.Epoch);
}
