using System.Buffers;
using System.IO.Pipelines;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;

namespace Starling.Edge.Outgoing;

/// <summary>
/// The outgoing side of a connection. Messages are written straight into the pipe while it takes them; once a flush has to wait for
/// the client, they queue up as references to shared messages, up to a limit in bytes, and go out in large writes when it reads on.
/// Thread-safe: anybody may send. Sending does not flush: who is told that a flush is needed flushes once, after the whole batch.
/// </summary>
/// <remarks>
/// One flush at a time. While one waits for the client (<see cref="IsStalled"/>) nothing is written; when it is through, the backlog goes
/// out in chunks, each flushed, until there is none or a flush waits again. All of it happens under the lock.
/// </remarks>
internal sealed class Outbox
{
    /// <summary>Bytes of control packets that may wait for a client before it is not read from any more.</summary>
    private const int MaxAnswerBytes = 64 * 1024;

    /// <summary>Bytes of difference that are not entered in the ledger.</summary>
    private const int EntryStep = 16 * 1024;

    private readonly PipeWriter _output;
    private readonly OutboxOptions _options;
    private readonly ISkippedEntries _owner;
    private readonly OutgoingWriter _writer;
    private readonly ConnectionLedger _ledger;
    // Also what everything here is locked by.
    private readonly OutgoingMessages _messages;
    private ArrayBufferWriter<byte>? _controls;
    private long _controlBytes;
    private long _enteredQueue;
    private long _enteredInFlight;
    private TaskCompletionSource? _drained;
    private TaskCompletionSource? _flushed;
    private TaskCompletionSource? _answered;
    private Task _flushing = Task.CompletedTask;
    private bool _dirty;
    private bool _stalled;
    private bool _closed;
    private bool _ended;

    /// <param name="ledger">The connection's: what waits, and what is not acknowledged, is entered in it.</param>
    /// <param name="quotas">Charged for what is sent; null where there is no tenant.</param>
    public Outbox(
        PipeWriter output,
        OutboxOptions options,
        TenantCounters counters,
        TimeProvider time,
        ISkippedEntries owner,
        ConnectionLedger ledger,
        TenantQuotas? quotas = null)
    {
        _ledger = ledger;
        _output = output;
        _options = options;
        _owner = owner;
        _writer = new OutgoingWriter(output, options, counters, time, ledger, quotas);
        _messages = new OutgoingMessages(_writer, options, counters);
    }

    /// <summary>Bytes that wait for the client: messages and control packets.</summary>
    public long QueuedBytes => _messages.QueuedBytes + Volatile.Read(ref _controlBytes);

    /// <summary>Whether publishers of QoS 1 and 2 messages have to wait for this client.</summary>
    public bool IsCongested => QueuedBytes > _options.QueueBytes;

    /// <summary>Whether so much waits for this client that it can't be helped by waiting.</summary>
    public bool IsHopeless => QueuedBytes > 4 * _options.QueueBytes;

    /// <summary>Whether so many control packets wait for this client that nothing is to be read that makes more of them.</summary>
    public bool OwesAnswers => Volatile.Read(ref _controlBytes) > Math.Min(MaxAnswerBytes, _options.QueueBytes);

    /// <summary>Whether a flush waits for the client.</summary>
    public bool IsStalled => Volatile.Read(ref _stalled);

    /// <summary>Completes when no flush waits for the client; does so after <see cref="Close"/> too.</summary>
    public Task Flushing => Volatile.Read(ref _flushing);

    /// <summary>Entries of the inbox with lower numbers have been sent.</summary>
    public long SentBelow => _messages.SentBelow;

    /// <summary>Whether there are entries to <see cref="TakeSkipped"/>.</summary>
    public bool HasSkipped => _messages.HasSkipped;

    /// <summary>Sends a message, or queues it. A QoS 0 message that finds the queue full is dropped and counted.</summary>
    /// <returns>True when the caller has to <see cref="Flush"/>.</returns>
    public bool Send(in Delivery delivery)
    {
        lock (_messages)
        {
            if (_closed)
                return false;
            if (_messages.Send(delivery, _stalled, _controlBytes))
                return MarkDirty();
            Enter();
            return false;
        }
    }

    /// <summary>Sends messages that only this client gets: all of them or, when the connection has ended, none.</summary>
    /// <param name="deliveries">In order.</param>
    /// <param name="flush">Whether the caller has to <see cref="Flush"/>.</param>
    /// <returns>False when the connection has ended.</returns>
    public bool TrySend(IEnumerable<Delivery> deliveries, out bool flush)
    {
        flush = false;
        lock (_messages)
        {
            if (_closed)
                return false;
            foreach (var delivery in deliveries)
                flush |= Send(delivery);
            return true;
        }
    }

    /// <summary>
    /// Sends entries of the inbox within the receive maximum, or queues them; the session bounds how many it pushes. An entry that is pushed
    /// again is not sent again; if the client has acknowledged it, that is repeated to the session (<see cref="TakeSkipped"/>).
    /// </summary>
    /// <param name="entries">In order, and in order with what the same owner has pushed before.</param>
    /// <param name="owner">The epoch of the session object that pushes. Late entries of a superseded one are ignored: they may leave a gap.</param>
    /// <returns>True when the caller has to <see cref="Flush"/>.</returns>
    public bool SendInbox(IReadOnlyList<InboxEntry> entries, long owner = 0)
    {
        lock (_messages)
            return !_closed && _messages.SendInbox(entries, owner, _stalled) && MarkDirty();
    }

    /// <summary>
    /// Entries of the inbox that the client will not get: too large, expired, or acknowledged before.
    /// </summary>
    /// <returns>Those since the last call; null for none.</returns>
    public List<InboxAck>? TakeSkipped()
    {
        if (!HasSkipped)
            return null;
        lock (_messages)
            return _messages.TakeSkipped();
    }

    /// <summary>
    /// Sends bytes of control packets, or queues them. They are never dropped: who reads what they answer stops while too many wait
    /// (<see cref="OwesAnswers"/>).
    /// </summary>
    /// <returns>True when the caller has to <see cref="Flush"/>.</returns>
    public bool SendControl(ReadOnlySpan<byte> packets, int count = 1)
    {
        lock (_messages)
        {
            if (_closed)
                return false;
            _writer.CountControl(count, packets.Length);
            if (_stalled)
            {
                (_controls ??= new ArrayBufferWriter<byte>()).Write(packets);
                Volatile.Write(ref _controlBytes, _controls.WrittenCount);
                _ledger.Set(HeldKind.Answers, _controlBytes);
                return false;
            }

            _writer.Write(packets);
            return MarkDirty();
        }
    }

    /// <summary>Frees the packet identifier of a message that was acknowledged and sends what waited for it.</summary>
    public AckOutcome Acknowledge(in AckPacket ack)
    {
        lock (_messages)
        {
            var outcome = _messages.Acknowledge(ack);
            if (outcome.Freed && !_stalled && !_closed)
                return outcome with { FlushNeeded = _messages.SendWithinWindow() && MarkDirty() };
            return outcome;
        }
    }

    /// <summary>Hands what was written to the transport.</summary>
    public void Flush()
    {
        lock (_messages)
        {
            if (_dirty && !_stalled && !_closed)
                StartFlush();
        }
    }

    /// <summary>Completes when the queue is down to half of its limit, or the connection has ended.</summary>
    public Task WhenDrained()
    {
        lock (_messages)
        {
            if (_closed || !IsCongested)
                return Task.CompletedTask;
            return (_drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Completes when the control packets that wait have been written, or the connection has ended.</summary>
    public Task WhenAnswered()
    {
        lock (_messages)
        {
            if (_closed || _controls is null)
                return Task.CompletedTask;
            return (_answered ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Completes when nothing waits for the client any more, or the connection has ended.</summary>
    public Task WhenFlushed()
    {
        lock (_messages)
        {
            if (_closed || !_stalled)
                return Task.CompletedTask;
            return (_flushed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Nothing is sent from here on. The last bytes are handed to the transport as far as it takes them.</summary>
    /// <returns>What a shared subscription should give to another member: not acknowledged, and allowed to be sent again.</returns>
    public IReadOnlyList<Delivery> Close(ReadOnlySpan<byte> lastPacket)
    {
        lock (_messages)
        {
            if (_ended)
                return [];
            _ended = true;
            // The transport may have gone before.
            if (!_closed)
                SendLast(lastPacket);
            MarkClosed();
            _writer.Count();
            return _messages.Unfinished();
        }
    }

    private void SendLast(ReadOnlySpan<byte> packet)
    {
        if (_stalled)
            return;
        if (!packet.IsEmpty)
        {
            _writer.Write(packet);
            _writer.CountControl(1, packet.Length);
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

    /// <summary>Enters what waits, and what is not acknowledged, into the ledger when it has changed by as much as matters.</summary>
    private void Enter()
    {
        var queue = _messages.QueuedBytes;
        if (Math.Abs(queue - _enteredQueue) >= EntryStep || (queue == 0 && _enteredQueue > 0))
            _ledger.Set(HeldKind.Outgoing, _enteredQueue = queue);
        var inFlight = _messages.InFlightBytes;
        if (Math.Abs(inFlight - _enteredInFlight) >= EntryStep || (inFlight == 0 && _enteredInFlight > 0))
            _ledger.Set(HeldKind.InFlight, _enteredInFlight = inFlight);
    }

    private void StartFlush()
    {
        Enter();
        do
        {
            _dirty = false;
            _writer.Count();
            var flush = _output.FlushAsync();
            if (!flush.IsCompletedSuccessfully)
            {
                _stalled = true;
                Volatile.Write(ref _flushing, FinishFlushAsync(flush));
                return;
            }

#pragma warning disable VSTHRD002 // It has completed.
            if (flush.Result.IsCompleted)
#pragma warning restore VSTHRD002
            {
                MarkClosed();
                return;
            }
        }
        while (WriteBacklog());
        CompleteFlushed();
    }

    private async Task FinishFlushAsync(ValueTask<FlushResult> flush)
    {
        bool over;
        try
        {
            over = (await flush.ConfigureAwait(false)).IsCompleted;
        }
        catch (Exception)
        {
            // The transport is gone; the reading side ends the connection.
            over = true;
        }

        lock (_messages)
        {
            _stalled = false;
            Enter();
            if (over || _closed)
                MarkClosed();
            else if (WriteBacklog() || _dirty)
                StartFlush();
            else
                CompleteFlushed();
        }

        // Nobody else is about to look: it may be that the client waits for what the session still has, and sends nothing.
        if (HasSkipped)
            _owner.Skipped();
    }

    private bool WriteBacklog()
    {
        var sent = false;
        if (_controls is { WrittenCount: > 0 } controls)
        {
            _writer.Write(controls.WrittenSpan);
            DropControls();
            sent = true;
        }

        sent |= _messages.SendBacklog();
        if (_drained is not null && QueuedBytes <= _options.QueueBytes / 2)
        {
            _drained.TrySetResult();
            _drained = null;
        }

        return sent;
    }

    private void DropControls()
    {
        _controls = null;
        if (_controlBytes > 0)
        {
            Volatile.Write(ref _controlBytes, 0);
            _ledger.Set(HeldKind.Answers, 0);
        }

        _answered?.TrySetResult();
        _answered = null;
    }

    private void CompleteFlushed()
    {
        _flushed?.TrySetResult();
        _flushed = null;
    }

    private void MarkClosed()
    {
        _closed = true;
        _drained?.TrySetResult();
        _drained = null;
        DropControls();
        CompleteFlushed();
    }
}
