using System.Diagnostics.CodeAnalysis;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;

namespace Starling.Edge.Outgoing;

/// <summary>
/// Messages that wait to be sent to a client, with their size. Not thread-safe, except for <see cref="Bytes"/>: its <see cref="Outbox"/> locks.
/// </summary>
internal sealed class Backlog
{
    /// <summary>What an entry of a queue costs besides its message, in bytes.</summary>
    private const int EntryOverhead = 64;

    private Queue<Delivery>? _unacknowledged;
    private Queue<Delivery>? _acknowledged;
    private Queue<InboxEntry>? _inbox;
    private long _bytes;

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Whether messages of QoS 1 or 2 wait that are not of the inbox.</summary>
    public bool HasAcknowledged => _acknowledged is { Count: > 0 };

    /// <summary>What a message counts for while it waits, in bytes.</summary>
    public static int SizeOf(in Delivery delivery) => delivery.Message.Size + EntryOverhead;

    public void Add(in Delivery delivery)
    {
        var queue = delivery.QoS == Protocol.QualityOfService.AtMostOnce ? _unacknowledged ??= new() : _acknowledged ??= new();
        queue.Enqueue(delivery);
        _bytes += SizeOf(delivery);
    }

    public void Add(InboxEntry entry)
    {
        (_inbox ??= new()).Enqueue(entry);
        _bytes += SizeOf(entry.Delivery);
    }

    /// <summary>The next message of QoS 0.</summary>
    public bool TryTakeUnacknowledged(out Delivery delivery) => TryTake(_unacknowledged, out delivery);

    /// <summary>The next message of QoS 1 or 2 that is not of the inbox.</summary>
    public bool TryTakeAcknowledged(out Delivery delivery) => TryTake(_acknowledged, out delivery);

    public bool TryTakeInbox([NotNullWhen(true)] out InboxEntry? entry)
    {
        entry = null;
        if (_inbox is null || !_inbox.TryDequeue(out entry))
            return false;
        _bytes -= SizeOf(entry.Delivery);
        return true;
    }

    /// <summary>Those of shared subscriptions, which another member may get instead.</summary>
    public IEnumerable<Delivery> Shared() => _acknowledged?.Where(delivery => delivery.Group is not null) ?? [];

    private bool TryTake(Queue<Delivery>? queue, out Delivery delivery)
    {
        delivery = default;
        if (queue is null || !queue.TryDequeue(out delivery))
            return false;
        _bytes -= SizeOf(delivery);
        return true;
    }
}
