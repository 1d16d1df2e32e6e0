using System.Collections.Concurrent;
using Starling.Broker.Sessions;

namespace Starling.Storage.Memory;

/// <summary>Inboxes in memory: gone with the process.</summary>
public sealed class MemoryInboxStore : IInboxStore
{
    private readonly ConcurrentDictionary<SessionKey, Ring> _inboxes = new();

    public ValueTask AppendAsync(SessionKey session, long epoch, IReadOnlyList<InboxEntry> entries)
    {
        Of(session).Append(entries);
        return ValueTask.CompletedTask;
    }

    public ValueTask AcknowledgeAsync(SessionKey session, long epoch, IReadOnlyList<InboxAck> acks)
    {
        if (_inboxes.TryGetValue(session, out var inbox))
            inbox.Acknowledge(acks);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<InboxEntry>> ReadAsync(SessionKey session, long from, int most) =>
        new(_inboxes.TryGetValue(session, out var inbox) ? inbox.Read(from, most) : (IReadOnlyList<InboxEntry>)[]);

    internal void Delete(SessionKey session) => _inboxes.TryRemove(session, out _);

    private Ring Of(SessionKey session) => _inboxes.GetOrAdd(session, static _ => new Ring());

    /// <summary>
    /// Entries by number in a ring that grows: they come in order and mostly leave in order, so that appending, reading and removing the
    /// oldest cost the same whatever the length.
    /// </summary>
    private sealed class Ring
    {
        private readonly Lock _gate = new();
        private InboxEntry?[] _ring = new InboxEntry?[4];
        private long _first;
        private long _end;

        public void Append(IReadOnlyList<InboxEntry> entries)
        {
            lock (_gate)
            {
                foreach (var entry in entries)
                {
                    if (_first == _end)
                        _first = _end = entry.Number;
                    Reserve(entry.Number);
                    _ring[entry.Number % _ring.Length] = entry;
                    _end = entry.Number + 1;
                }
            }
        }

        public void Acknowledge(IReadOnlyList<InboxAck> acks)
        {
            lock (_gate)
            {
                foreach (var ack in acks)
                {
                    if (ack.Number < _first || ack.Number >= _end)
                        continue;
                    ref var slot = ref _ring[ack.Number % _ring.Length];
                    slot = ack.Received ? slot! with { Released = true } : null;
                }

                while (_first < _end && _ring[_first % _ring.Length] is null)
                    _first++;
                if (_first == _end && _ring.Length > 4)
                    _ring = new InboxEntry?[4];
            }
        }

        public List<InboxEntry> Read(long from, int most)
        {
            lock (_gate)
            {
                List<InboxEntry> found = [];
                for (var number = Math.Max(from, _first); number < _end && found.Count < most; number++)
                {
                    if (_ring[number % _ring.Length] is { } entry)
                        found.Add(entry);
                }

                return found;
            }
        }

        private void Reserve(long number)
        {
            if (number - _first < _ring.Length)
                return;
            var length = _ring.Length;
            while (number - _first >= length)
                length *= 2;
            var larger = new InboxEntry?[length];
            for (var n = _first; n < _end; n++)
                larger[n % length] = _ring[n % _ring.Length];
            _ring = larger;
        }
    }
}
