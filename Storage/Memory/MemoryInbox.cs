using Starling.Broker.Contracts;
using Starling.Broker.Messages;

namespace Starling.Storage.Memory;

/// <summary>
/// Entries by number in a ring that grows: they come in order and mostly leave in order, so that appending, reading and removing the
/// oldest cost the same whatever the length.
/// </summary>
internal sealed class MemoryInbox
{
    private readonly Lock _gate = new();
    private InboxEntry?[] _ring = new InboxEntry?[4];
    private long _first;
    private long _end;
    private long _reserved;

    public long Epoch { get; set { lock (_gate) field = value; } }

    /// <param name="next">Where the session went on at least, when it was written.</param>
    public InboxSummary Summary(long next)
    {
        lock (_gate)
        {
            var present = _ring.Where(entry => entry is not null).ToArray();
            return new InboxSummary(Math.Max(Math.Max(next, _reserved), present.Length > 0 ? _end : 0), present.Length, present.Sum(entry => (long)entry!.Delivery.Message.Size));
        }
    }

    /// <param name="entries">In order.</param>
    /// <param name="reserve">Below which numbers are used from now on.</param>
    /// <param name="isTaken">Which of them; null for all.</param>
    public void Append(SessionFencingToken session, IReadOnlyList<InboxEntry> entries, long reserve, Func<InboxEntry, bool>? isTaken = null)
    {
        lock (_gate)
        {
            Check(session);
            _reserved = Math.Max(_reserved, reserve);
            foreach (var entry in entries)
            {
                if (isTaken?.Invoke(entry) == false)
                    continue;
                if (_first == _end)
                    _first = _end = entry.Number;
                Reserve(entry.Number);
                _ring[entry.Number % _ring.Length] = entry;
                _end = entry.Number + 1;
            }
        }
    }

    /// <summary>Removes an entry that goes to another inbox.</summary>
    /// <returns>False when it is not there, or not this owner's to give.</returns>
    public bool Leave(InboxPlace place)
    {
        lock (_gate)
        {
            if (Epoch != place.Epoch || place.Number < _first || place.Number >= _end || _ring[place.Number % _ring.Length] is null)
                return false;
            _ring[place.Number % _ring.Length] = null;
            return true;
        }
    }

    public void Acknowledge(SessionFencingToken session, IReadOnlyList<InboxAck> acks)
    {
        lock (_gate)
        {
            Check(session);
            foreach (var ack in acks)
            {
                if (ack.Number < _first || ack.Number >= _end)
                    continue;
                ref var slot = ref _ring[ack.Number % _ring.Length];
                slot = ack.Received && slot is not null ? slot with { Released = true } : null;
            }

            while (_first < _end && _ring[_first % _ring.Length] is null)
                _first++;
            if (_first == _end && _ring.Length > 4)
                _ring = new InboxEntry?[4];
        }
    }

    public List<InboxEntry> Read(long from, int most, long mostBytes)
    {
        lock (_gate)
        {
            List<InboxEntry> found = [];
            var bytes = 0L;
            for (var number = Math.Max(from, _first); number < _end && found.Count < most; number++)
            {
                if (_ring[number % _ring.Length] is not { } entry)
                    continue;
                bytes += entry.Delivery.Message.Size;
                if (bytes > mostBytes && found.Count > 0)
                    break;
                found.Add(entry);
            }

            return found;
        }
    }

    private void Check(SessionFencingToken session)
    {
        if (session.Epoch != Epoch)
            throw new StaleEpochException(session.Key, session.Epoch);
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
