using System.Buffers;
using System.IO.Pipelines;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>
/// The outgoing side of a connection. Messages are written straight into the pipe while it takes them; once a flush has to wait for
/// the client, they queue up as references to shared messages, up to a limit in bytes, and go out in large writes when it reads on.
/// Thread-safe: anybody may send. Sending does not flush: who is told that a flush is needed flushes once, after the whole batch.
/// </summary>
internal sealed partial class Outbox
{
    /// <summary>How much is written between flushes while a backlog drains.</summary>
    private const int DrainChunk = 128 * 1024;

    /// <summary>Up to this size head and payload go into one span.</summary>
    private const int SmallPacket = 4096;

    /// <summary>What an entry of a queue costs besides its message, in bytes.</summary>
    private const int EntryOverhead = 64;

    private readonly PipeWriter _output;
    private readonly OutboxOptions _options;
    private readonly TenantCounters _counters;
    private readonly TimeProvider _time;
    private readonly ISkippedEntries _owner;
    private readonly TopicAliases? _aliases;
    // Also what everything here is locked by.
    private readonly OutgoingWindow _window;
    private Queue<Delivery>? _unacknowledgedQueue;
    private Queue<Delivery>? _queue;
    private Queue<InboxEntry>? _inbox;
    private List<InboxAck>? _skipped;
    private ArrayBufferWriter<byte>? _controls;
    private TaskCompletionSource? _drained;
    private TaskCompletionSource? _settled;
    private Task _flushing = Task.CompletedTask;
    private long _nextInbox;
    private long _inboxOwner;
    private long _queuedBytes;
    private long _writtenBytes;
    private int _writtenPackets;
    private int _writtenMessages;
    private int _writtenMessageBytes;
    private bool _dirty;
    private bool _stalled;
    private bool _closed;
    private bool _ended;

    public Outbox(PipeWriter output, OutboxOptions options, TenantCounters counters, TimeProvider time, ISkippedEntries owner)
    {
        _output = output;
        _options = options;
        _counters = counters;
        _time = time;
        _owner = owner;
        _window = new OutgoingWindow(options.ReceiveMaximum, options.QueueBytes);
        _aliases = options.TopicAliasMaximum > 0 ? new TopicAliases(options.TopicAliasMaximum) : null;
    }

    /// <summary>Whether publishers of QoS 1 and 2 messages have to wait for this client.</summary>
    public bool IsCongested => Volatile.Read(ref _queuedBytes) > _options.QueueBytes;

    /// <summary>Whether so much waits for this client that it can't be helped by waiting.</summary>
    public bool IsHopeless => Volatile.Read(ref _queuedBytes) > 4 * _options.QueueBytes;

    /// <summary>Whether a flush waits for the client.</summary>
    public bool IsStalled => Volatile.Read(ref _stalled);

    /// <summary>Completes when no flush waits for the client; does so after <see cref="Close"/> too.</summary>
    public Task Flushing => Volatile.Read(ref _flushing);

    /// <summary>Entries of the inbox with lower numbers have been sent.</summary>
    public long SentBelow { get; private set; }

    /// <summary>Sends a message, or queues it. A QoS 0 message that finds the queue full is dropped and counted.</summary>
    /// <returns>True when the caller has to <see cref="Flush"/>.</returns>
    public bool Send(in Delivery delivery)
    {
        lock (_window)
        {
            if (_closed)
                return false;
            if (delivery.QoS == QualityOfService.AtMostOnce)
            {
                if (!_stalled)
                    return Write(delivery, packetIdentifier: 0, dup: false) && MarkDirty();
                if (_queuedBytes + delivery.Message.Size + EntryOverhead > _options.QueueBytes)
                    _counters.DroppedSlowReader.Increment();
                else
                    Enqueue(_unacknowledgedQueue ??= new Queue<Delivery>(), delivery, delivery.Message.Size);
                return false;
            }

            if (_stalled || _window.IsFull || _queue is { Count: > 0 })
            {
                Enqueue(_queue ??= new Queue<Delivery>(), delivery, delivery.Message.Size);
                return false;
            }

            return SendInWindow(delivery) && MarkDirty();
        }
    }

    /// <summary>Sends messages that only this client gets: all of them or, when the connection has ended, none.</summary>
    /// <param name="deliveries">In order.</param>
    /// <param name="flush">Whether the caller has to <see cref="Flush"/>.</param>
    /// <returns>False when the connection has ended.</returns>
    public bool TrySend(IEnumerable<Delivery> deliveries, out bool flush)
    {
        flush = false;
        lock (_window)
        {
            if (_closed)
                return false;
            foreach (var delivery in deliveries)
                flush |= Send(delivery);
            return true;
        }
    }

    /// <summary>Sends bytes of control packets.</summary>
    /// <returns>True when the caller has to <see cref="Flush"/>.</returns>
    public bool SendControl(ReadOnlySpan<byte> packets, int count = 1)
    {
        lock (_window)
        {
            if (_closed)
                return false;
            _writtenPackets += count;
            _writtenBytes += packets.Length;
            if (_stalled)
            {
                (_controls ??= new ArrayBufferWriter<byte>()).Write(packets);
                return false;
            }

            _output.Write(packets);
            return MarkDirty();
        }
    }

    /// <summary>Frees the packet identifier of a message that was acknowledged and sends what waited for it.</summary>
    public AckOutcome Acknowledge(in AckPacket ack)
    {
        lock (_window)
        {
            var outcome = _window.Acknowledge(ack);
            if (outcome.Freed && !_stalled && !_closed)
                return outcome with { FlushNeeded = (SendQueuedInbox() | SendQueued()) && MarkDirty() };
            return outcome;
        }
    }

    /// <summary>Hands what was written to the transport.</summary>
    public void Flush()
    {
        lock (_window)
        {
            if (_dirty && !_stalled && !_closed)
                StartFlush();
        }
    }

    /// <summary>Completes when the queue is down to half of its limit, or the connection has ended.</summary>
    public Task WhenDrained()
    {
        lock (_window)
        {
            if (_closed || !IsCongested)
                return Task.CompletedTask;
            return (_drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Completes when nothing waits for the client any more, or the connection has ended.</summary>
    public Task WhenSettled()
    {
        lock (_window)
        {
            if (_closed || !_stalled)
                return Task.CompletedTask;
            return (_settled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Nothing is sent from here on. The last bytes are handed to the transport as far as it takes them.</summary>
    /// <returns>What a shared subscription should give to another member: not acknowledged, and allowed to be sent again.</returns>
    public IReadOnlyList<Delivery> Close(ReadOnlySpan<byte> lastPacket)
    {
        lock (_window)
        {
            if (_ended)
                return [];
            _ended = true;
            // The transport may have gone before.
            if (!_closed)
                SendLast(lastPacket);
            MarkClosed();
            Count();
            return [.. _window.Unfinished(), .. _queue?.Where(d => d.Group is not null) ?? []];
        }
    }

    private void SendLast(ReadOnlySpan<byte> packet)
    {
        if (_stalled)
            return;
        if (!packet.IsEmpty)
        {
            _output.Write(packet);
            _writtenPackets++;
            _writtenBytes += packet.Length;
            _dirty = true;
        }

        if (_dirty)
            StartFlush();
    }

    private bool MarkDirty()
    {
        if (_dirty)
            return false;
        _dirty = true;
        return true;
    }

    private void Enqueue<T>(Queue<T> queue, T item, int size)
    {
        queue.Enqueue(item);
        _queuedBytes += size + EntryOverhead;
    }

    private bool Dequeue<T>(Queue<T>? queue, Func<T, int> size, out T item)
    {
        item = default!;
        if (queue is null || !queue.TryDequeue(out item!))
            return false;
        _queuedBytes -= size(item) + EntryOverhead;
        return true;
    }

    private bool SendInWindow(in Delivery delivery)
    {
        var identifier = _window.Reserve(delivery);
        if (Write(delivery, identifier, dup: false))
            return true;
        // Too large for the client, or expired: as if it had been acknowledged ([MQTT-3.1.2-25]).
        _window.Release(identifier);
        return false;
    }

    private bool SendQueued()
    {
        var sent = false;
        while (!_window.IsFull && _writtenBytes < DrainChunk && Dequeue(_queue, static d => d.Message.Size, out var delivery))
            sent |= SendInWindow(delivery);
        return sent;
    }

    private bool SendUnacknowledged()
    {
        var sent = false;
        while (_writtenBytes < DrainChunk && Dequeue(_unacknowledgedQueue, static d => d.Message.Size, out var delivery))
            sent |= Write(delivery, packetIdentifier: 0, dup: false);
        return sent;
    }

    private bool WriteRelease(ushort packetIdentifier)
    {
        var release = new AckPacket(PacketType.PubRel, packetIdentifier);
        release.Encode(_output, _options.Version);
        _writtenPackets++;
        _writtenBytes += 4;
        return true;
    }

    private bool Write(in Delivery delivery, ushort packetIdentifier, bool dup)
    {
        var message = delivery.Message;
        uint? expiry = null;
        if (message.ExpiresAt != Message.Never)
        {
            var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
            if (message.HasExpired(now) && !dup)
            {
                _counters.DroppedExpired.Increment();
                return false;
            }

            expiry = message.RemainingExpiry(now);
        }

        ushort alias = 0;
        var named = true;
        if (_aliases is not null)
            alias = _aliases.For(message.Topic, out named);
        var head = new PublishHead
        {
            Version = _options.Version,
            Dup = dup,
            QoS = delivery.QoS,
            Retain = delivery.Retain,
            Topic = named ? message.Topic.Utf8 : default,
            PacketIdentifier = packetIdentifier,
            TopicAlias = alias,
            MessageExpiryInterval = expiry,
            SubscriptionIdentifiers = delivery.SubscriptionIdentifiers,
            ForwardedProperties = message.ForwardedProperties,
            PayloadLength = message.PayloadLength,
        };
        if (alias != 0 && named && head.PacketLength > _options.MaximumPacketSize)
        {
            // Without the new alias it may fit.
            _aliases!.Forget(message.Topic);
            head = head with { TopicAlias = 0 };
        }

        var headLength = head.Length;
        var length = headLength + message.PayloadLength;
        if (length > _options.MaximumPacketSize)
        {
            _counters.DroppedTooLarge.Increment();
            return false;
        }

        if (length <= SmallPacket)
        {
            var span = _output.GetSpan(length);
            head.Write(span);
            message.Payload.CopyTo(span[headLength..]);
            _output.Advance(length);
        }
        else
        {
            head.Write(_output.GetSpan(headLength));
            _output.Advance(headLength);
            _output.Write(message.Payload);
        }

        _writtenPackets++;
        _writtenMessages++;
        _writtenMessageBytes += message.PayloadLength;
        _writtenBytes += length;
        return true;
    }
}
