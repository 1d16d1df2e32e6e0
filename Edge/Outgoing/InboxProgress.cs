using Starling.Broker.Contracts;

namespace Starling.Edge.Outgoing;

/// <summary>
/// How far a durable session's inbox has been sent over one connection. Not thread-safe, except for <see cref="HasSkipped"/>: its
/// <see cref="Outbox"/> locks.
/// </summary>
internal sealed class InboxProgress
{
    private List<InboxAck>? _skipped;
    private long _next;
    private long _owner;

    /// <summary>Entries with lower numbers have been sent.</summary>
    public long SentBelow { get; private set; }

    /// <summary>Whether there are entries to <see cref="TakeSkipped"/>.</summary>
    public bool HasSkipped => Volatile.Read(ref _skipped) is not null;

    /// <returns>False when another owner has superseded this one: its entries may leave a gap.</returns>
    public bool TryBegin(long owner)
    {
        if (owner < _owner)
            return false;
        _owner = owner;
        return true;
    }

    /// <returns>True the first time that the entry comes.</returns>
    public bool IsNew(InboxEntry entry)
    {
        if (entry.Number < _next)
            return false;
        _next = entry.Number + 1;
        return true;
    }

    public void Sending(InboxEntry entry) => SentBelow = entry.Number + 1;

    /// <summary>The client will not get the entry.</summary>
    public void Skip(InboxEntry entry) => (_skipped ??= []).Add(new InboxAck(entry.Number, Received: false));

    /// <returns>Entries skipped since the last call, as acknowledgements; null for none.</returns>
    public List<InboxAck>? TakeSkipped()
    {
        var skipped = _skipped;
        _skipped = null;
        return skipped;
    }
}
