using Starling.Broker.Contracts;

namespace Starling.Broker.Sessions;

/// <summary>
/// Entries of an inbox that were read from the store and are not pushed yet: a client that takes one message at a time gets them from here,
/// and the store is asked once for many. Its inbox locks for it.
/// </summary>
internal sealed class ReadAhead
{
    private readonly Queue<InboxEntry> _entries = new();
    private long _from;

    /// <summary>Another one after each <see cref="Clear"/>: what was read before that may be out of date.</summary>
    public int Version { get; private set; }

    /// <summary>All that is there from this number up to the last of them; nothing else may be here.</summary>
    public void Fill(long from, IEnumerable<InboxEntry> entries)
    {
        _from = from;
        foreach (var entry in entries)
            _entries.Enqueue(entry);
    }

    /// <summary>The next that follow on this number; none when it is not known here what does.</summary>
    /// <param name="from">Where the reader stands.</param>
    /// <param name="bytes">As soon as their messages have this size together, it is enough.</param>
    public IReadOnlyList<InboxEntry> Take(long from, int most, long bytes)
    {
        if (from < _from)
            Clear();
        while (_entries.TryPeek(out var passed) && passed.Number < from)
            _entries.Dequeue();
        if (_entries.Count == 0)
            return [];
        List<InboxEntry> taken = [];
        while (taken.Count < most && bytes > 0 && _entries.TryDequeue(out var entry))
        {
            taken.Add(entry);
            bytes -= entry.Delivery.Message.Size;
            _from = entry.Number + 1;
        }

        return taken;
    }

    public void Clear()
    {
        _entries.Clear();
        Version++;
    }
}
