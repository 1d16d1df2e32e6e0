using Starling.Broker.Contracts;

namespace Starling.Edge.Connections;

/// <remarks>What comes from the inbox of a durable session.</remarks>
internal sealed partial class Outbox
{
    /// <summary>
    /// Sends entries of the inbox within the receive maximum, or queues them; the session bounds how many it pushes. One that it pushes again,
    /// since it does not know that it has, is passed over; if the client is done with it, so is told with what is <see cref="TakeSkipped"/>.
    /// </summary>
    /// <param name="entries">In order, and in order with what the same owner has pushed before.</param>
    /// <param name="owner">The epoch of the session object that pushes. What comes late of one that has been superseded is passed over: it may leave a gap.</param>
    /// <returns>True when the caller has to <see cref="Flush"/>.</returns>
    public bool SendInbox(IReadOnlyList<InboxEntry> entries, long owner = 0)
    {
        lock (_window)
        {
            if (_closed || owner < _inboxOwner)
                return false;
            _inboxOwner = owner;
            foreach (var entry in entries)
            {
                if (entry.Number >= _nextInbox)
                {
                    _nextInbox = entry.Number + 1;
                    Enqueue(_inbox ??= new Queue<InboxEntry>(), entry, entry.Delivery.Message.Size);
                }
                else if (entry.Number < SentBelow && !_window.Holds(entry))
                    (_skipped ??= []).Add(new InboxAck(entry.Number, Received: false));
            }

            return !_stalled && SendQueuedInbox() && MarkDirty();
        }
    }

    /// <summary>Entries of the inbox that the client gets no more: too large, expired, or acknowledged before; since the last call; else null.</summary>
    public List<InboxAck>? TakeSkipped()
    {
        if (Volatile.Read(ref _skipped) is null)
            return null;
        lock (_window)
        {
            var skipped = _skipped;
            _skipped = null;
            return skipped;
        }
    }

    private bool SendQueuedInbox()
    {
        var sent = false;
        while (!_window.IsFull && _writtenBytes < DrainChunk && Dequeue(_inbox, static e => e.Delivery.Message.Size, out var entry))
        {
            SentBelow = entry.Number + 1;
            _window.Reserve(entry);
            if (entry.Released)
                sent |= WriteRelease(entry.PacketIdentifier);
            else if (Write(entry.Delivery, entry.PacketIdentifier, entry.Sent))
                sent = true;
            else
            {
                _window.Release(entry.PacketIdentifier);
                (_skipped ??= []).Add(new InboxAck(entry.Number, Received: false));
            }
        }

        return sent;
    }
}
