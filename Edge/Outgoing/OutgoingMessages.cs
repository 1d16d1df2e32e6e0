using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Protocol;

namespace Starling.Edge.Outgoing;

/// <summary>
/// Which message goes out next, and when: at once, when the client's receive maximum has room for it, or when the client reads on. Not
/// thread-safe: its <see cref="Outbox"/> locks. Methods that write say whether they did, so that it flushes.
/// </summary>
internal sealed class OutgoingMessages(OutgoingWriter writer, OutboxOptions options, TenantCounters counters)
{
    /// <summary>Bytes that are written between flushes while a backlog drains.</summary>
    private const int DrainChunk = 128 * 1024;

    private readonly OutgoingWindow _window = new(options.ReceiveMaximum, options.QueueBytes);

    // Made when there is something for them: most connections are idle most of the time.
    private Backlog? _backlog;
    private InboxProgress? _inbox;

    /// <summary>Bytes that wait for the client. Thread-safe.</summary>
    public long QueuedBytes => Volatile.Read(ref _backlog)?.Bytes ?? 0;

    /// <summary>What is kept of messages that the client has not acknowledged.</summary>
    public long InFlightBytes => _window.Bytes;

    /// <summary>Entries of the inbox with lower numbers have been sent.</summary>
    public long SentBelow => _inbox?.SentBelow ?? 0;

    /// <summary>Whether there are entries to <see cref="TakeSkipped"/>. Thread-safe.</summary>
    public bool HasSkipped => Volatile.Read(ref _inbox) is { HasSkipped: true };

    private Backlog Queue => _backlog ?? NewBacklog();

    /// <summary>Sends a message, or queues it. A QoS 0 message that finds the queue full is dropped and counted.</summary>
    /// <param name="stalled">Whether nothing can be written now.</param>
    /// <param name="others">Bytes of other packets that wait for the client.</param>
    public bool Send(in Delivery delivery, bool stalled, long others)
    {
        if (delivery.QoS == QualityOfService.AtMostOnce)
        {
            if (!stalled)
                return writer.TryWrite(delivery, packetIdentifier: 0, dup: false);
            if (QueuedBytes + others + Backlog.SizeOf(delivery) > options.QueueBytes || counters.Held.IsOver)
                counters.DroppedSlowReader.Increment();
            else
                Queue.Add(delivery);
            return false;
        }

        if (!stalled && !_window.IsFull && _backlog is not { HasAcknowledged: true })
            return SendInWindow(delivery);
        Queue.Add(delivery);
        return false;
    }

    /// <inheritdoc cref="Outbox.SendInbox"/>
    /// <param name="stalled">Whether nothing can be written now.</param>
    public bool SendInbox(IReadOnlyList<InboxEntry> entries, long owner, bool stalled)
    {
        var inbox = _inbox ?? NewProgress();
        if (!inbox.TryBegin(owner))
            return false;
        foreach (var entry in entries)
        {
            if (inbox.IsNew(entry))
                Queue.Add(entry);
            else if (entry.Number < inbox.SentBelow && !_window.Holds(entry))
                inbox.Skip(entry);
        }

        return !stalled && SendQueuedInbox();
    }

    public AckOutcome Acknowledge(in AckPacket ack) => _window.Acknowledge(ack);

    /// <summary>Sends what waited for room in the receive maximum.</summary>
    public bool SendWithinWindow()
    {
        if (_backlog is null)
            return false;
        return SendQueuedInbox() | SendQueued(_backlog);
    }

    /// <summary>Sends a part of what waited for the client to read on.</summary>
    public bool SendBacklog()
    {
        if (_backlog is null)
            return false;
        return SendQueuedInbox() | SendQueued(_backlog) | SendUnacknowledged(_backlog);
    }

    public List<InboxAck>? TakeSkipped() => _inbox?.TakeSkipped();

    /// <summary>Messages of shared subscriptions that another member may get: those not acknowledged, in order, then those not sent.</summary>
    public IReadOnlyList<Delivery> Unfinished() => [.. _window.Unfinished(), .. _backlog?.Shared() ?? []];

    private bool SendInWindow(in Delivery delivery)
    {
        var identifier = _window.Reserve(delivery);
        if (writer.TryWrite(delivery, identifier, dup: false))
            return true;
        // Too large for the client, or expired: as if it had been acknowledged ([MQTT-3.1.2-25]).
        _window.Free(identifier);
        return false;
    }

    private bool SendQueued(Backlog backlog)
    {
        var sent = false;
        while (!_window.IsFull && writer.UnflushedBytes < DrainChunk && backlog.TryTakeAcknowledged(out var delivery))
            sent |= SendInWindow(delivery);
        return sent;
    }

    private bool SendUnacknowledged(Backlog backlog)
    {
        var sent = false;
        while (writer.UnflushedBytes < DrainChunk && backlog.TryTakeUnacknowledged(out var delivery))
            sent |= writer.TryWrite(delivery, packetIdentifier: 0, dup: false);
        return sent;
    }

    private bool SendQueuedInbox()
    {
        if (_inbox is null || _backlog is null)
            return false;
        var sent = false;
        while (!_window.IsFull && writer.UnflushedBytes < DrainChunk && _backlog.TryTakeInbox(out var entry))
        {
            _inbox.Sending(entry);
            _window.Reserve(entry);
            if (entry.Released)
            {
                writer.WriteRelease(entry.PacketIdentifier);
                sent = true;
            }
            else if (writer.TryWrite(entry.Delivery, entry.PacketIdentifier, entry.Sent))
            {
                sent = true;
            }
            else
            {
                _window.Free(entry.PacketIdentifier);
                _inbox.Skip(entry);
            }
        }

        return sent;
    }

    private Backlog NewBacklog()
    {
        var backlog = new Backlog();
        Volatile.Write(ref _backlog, backlog);
        return backlog;
    }

    private InboxProgress NewProgress()
    {
        var inbox = new InboxProgress();
        Volatile.Write(ref _inbox, inbox);
        return inbox;
    }
}
