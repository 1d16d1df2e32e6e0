using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Telemetry;
using Starling.Broker.Tenants;
using Starling.Broker.Time;

namespace Starling.Broker.Sessions;

/// <summary>
/// The messages of QoS 1 and 2 that wait for a durable session's client.
/// </summary>
/// <remarks>
/// An entry is numbered and handed to the store under the lock, so that numbers, store and pushes have one order; its publisher is
/// answered when the store has written it, and only then may it be pushed. Entries are pushed to the edge that holds the connection
/// while fewer than the credit are unacknowledged. The newest entries stay in memory while they are likely to be pushed soon; the
/// rest is read back from the store page by page, what does not fit the credit yet is <see cref="ReadAhead"/>.
///
/// numbers:   [ acknowledged | pushed, some unacknowledged | written | being written ]
///                           ^ _oldest                     ^ _pushNext ^ _written    ^ _next
///                                                    [ staged in memory from _staged ]
/// </remarks>
internal sealed partial class Inbox
{
    private const int MaxStaged = 1024;
    private const int PageSize = 256;
    private const long PageBytes = 256 * 1024;

    /// <summary>Numbers that are reserved at a time, where other objects may go on with the connection.</summary>
    private const int MaxReserved = 1024;

    private const long MaxPushedBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan RetryRead = TimeSpan.FromSeconds(1);

    private readonly SessionKey _session;
    private readonly Tenant _tenant;
    private readonly IInboxStore _store;
    private readonly DelayQueue _due;
    private readonly TenantCounters _counters;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Queue<InboxEntry> _staged = new();
    private readonly ReadAhead _ahead = new();
    private readonly Dictionary<long, InboxEntry> _unacknowledged = [];
    private readonly Queue<Write> _writes = new();
    private readonly bool _isShared;
    private HashSet<long>? _doneAhead;
    private long _reserved;
    private long _connection;
    private long _next;
    private long _written;
    private long _pushNext;
    private long _oldest;
    private long _floor;
    private long _sentBelow;
    private long _pushedBelow;
    private long _pushedBytes;
    private int _count;
    private long _bytes;
    private SessionFencingToken _hold;
    private IEdge? _edge;
    private int _credit;
    private bool _pushing;
    private bool _closed;

    public Inbox(SessionKey session, SessionContext context)
    {
        _session = session;
        _hold = new SessionFencingToken(session, Id: 0, Epoch: 0);
        _tenant = context.Tenant;
        _store = context.Inboxes;
        _isShared = context.IsShared;
        _due = context.Due;
        _counters = context.Counters;
        _logger = context.Logger;
    }

    public InboxSummary Summary
    {
        get
        {
            lock (_gate)
                return new InboxSummary(_next, _count, _bytes);
        }
    }

    /// <summary>
    /// Below which numbers are used, or may be before the store hears of it: what is to be written with the connection
    /// (<see cref="SessionState.NextNumber"/>).
    /// </summary>
    /// <param name="connected">
    /// Whether there is a connection, which may outlive this object: it passes over numbers that it has had, so that no other object may
    /// give one of them again, whether its entry is still there or not.
    /// </param>
    public long NextNumber(bool connected)
    {
        lock (_gate)
            return connected && _isShared ? Math.Max(_reserved, _next + (MaxReserved / 2)) : _next;
    }

    /// <summary>The store has it.</summary>
    public void Reserved(long nextNumber)
    {
        lock (_gate)
            _reserved = Math.Max(_reserved, nextNumber);
    }

    /// <summary>Takes up what the store keeps.</summary>
    public void Reset(InboxSummary stored, SessionFencingToken hold)
    {
        lock (_gate)
        {
            _staged.Clear();
            _ahead.Clear();
            _unacknowledged.Clear();
            _writes.Clear();
            Account(stored.Count - _count, stored.Bytes - _bytes);
            _next = stored.Next;
            _reserved = _next;
            _doneAhead = null;
            _written = _next;
            _pushNext = _oldest = _floor = _pushedBelow = 0;
            // Which of them a client has seen is not written down: all may have been.
            _sentBelow = _next;
            _pushedBytes = 0;
            _hold = hold;
            _edge = null;
        }
    }

    /// <summary>The session is over, or not this object's any more: nothing is taken in and nothing more is written.</summary>
    public void Close()
    {
        lock (_gate)
        {
            Reset(default, new SessionFencingToken(_session, Id: 0, Epoch: 0));
            _closed = true;
        }
    }

    /// <summary>What writes name.</summary>
    public SessionFencingToken Hold
    {
        get
        {
            lock (_gate)
                return _hold;
        }

        set
        {
            lock (_gate)
                _hold = value;
        }
    }

    /// <returns>False when the inbox is closed: it has taken nothing.</returns>
    public async ValueTask<bool> EnqueueAsync(IReadOnlyList<Delivery> deliveries)
    {
        using var activity = BrokerTracing.Continue(BrokerTracing.Enqueue);
        var limits = _tenant.Options.Limits;
        if (_tenant.Options.InboxOverflow == InboxOverflow.DropOldest)
        {
            deliveries = Newest(deliveries, limits);
            await MakeRoomAsync(deliveries, limits).ConfigureAwait(false);
        }

        Write write;
        ValueTask<IReadOnlyList<long>> append;
        long reserve;
        var entries = new List<InboxEntry>(deliveries.Count);
        lock (_gate)
        {
            if (_closed)
                return false;
            foreach (var delivery in deliveries)
            {
                if (_count >= limits.InboxMessages || _bytes + delivery.Message.Size > limits.InboxBytes)
                {
                    _counters.DroppedInboxFull.Increment();
                    continue;
                }

                entries.Add(new InboxEntry(_next++, delivery with { Message = delivery.Message.Compact() }));
                Account(1, delivery.Message.Size);
            }

            if (entries.Count == 0)
                return true;
            reserve = _isShared && _next > _reserved ? _next + MaxReserved : 0;
            try
            {
                append = Append(entries, reserve);
            }
            catch (StoreUnavailableException)
            {
                // Refused at once: as if it had never been, however many follow while the store is away.
                _next = entries[0].Number;
                Account(-entries.Count, -entries.Sum(entry => (long)entry.Delivery.Message.Size));
                throw;
            }

            _writes.Enqueue(write = new Write(_next));
            Stage(entries);
        }

        try
        {
            if (await append.ConfigureAwait(false) is { Count: > 0 } repeats)
                Undo([.. entries.Where(entry => repeats.Contains(entry.Number))]);
            if (reserve > 0)
                Reserved(reserve);
        }
        catch
        {
            Undo(entries);
            throw;
        }
        finally
        {
            Complete(write);
            Push();
        }

        return true;
    }

    private ValueTask<IReadOnlyList<long>> Append(List<InboxEntry> entries, long reserve)
    {
        try
        {
            return _store.AppendAsync(_hold, entries, reserve);
        }
        catch (Exception error) when (error is not StoreUnavailableException)
        {
            return ValueTask.FromException<IReadOnlyList<long>>(error);
        }
    }

    /// <summary>Answers may be seen out of order: an entry is pushed only when all before it are known to be written, or not to be.</summary>
    private void Complete(Write write)
    {
        lock (_gate)
        {
            write.IsDone = true;
            while (_writes.TryPeek(out var first) && first.IsDone)
                _written = _writes.Dequeue().UpTo;
        }
    }

    /// <summary>From now on entries go to this edge, beginning with the oldest that is not acknowledged.</summary>
    /// <param name="edge">Holds the connection.</param>
    /// <param name="connection">Its epoch.</param>
    /// <param name="credit">What may be unacknowledged, at most.</param>
    public void Start(IEdge edge, long connection, int credit)
    {
        lock (_gate)
        {
            // The same connection once more: what was pushed before it was ready may not have reached it.
            if (_edge is not null)
            {
                _pushedBelow = Math.Max(_pushedBelow, _pushNext);
                Rewind();
            }

            (_edge, _connection) = (edge, connection);
            _credit = Math.Min(credit, InboxEntry.PacketIdentifiers - 1);
        }
    }

    /// <summary>The connection is gone: what it did not acknowledge is pushed again to the next one.</summary>
    /// <param name="sentBelow">Entries with lower numbers may have reached the client.</param>
    public void Stop(long sentBelow)
    {
        lock (_gate)
        {
            _edge = null;
            _sentBelow = Math.Max(_sentBelow, Math.Min(sentBelow, Math.Max(_pushedBelow, _pushNext)));
            _pushedBelow = 0;
            Rewind();
        }
    }

    private void Rewind()
    {
        _ahead.Clear();
        if (_unacknowledged.Count > 0)
        {
            _pushNext = _unacknowledged.Keys.Min();
            DropStage();
        }

        _unacknowledged.Clear();
        _pushedBytes = 0;
        _oldest = _pushNext;
    }

    /// <summary>Entries that came by a shared subscription and that this client has not dealt with, in order.</summary>
    public async ValueTask<IReadOnlyList<InboxEntry>> ReadSharedAsync()
    {
        List<InboxEntry> shared = [];
        long from = 0;
        while (await _store.ReadAsync(_hold, from, PageSize).ConfigureAwait(false) is { Count: > 0 } page)
        {
            shared.AddRange(page.Where(entry => entry.Delivery.Group is not null && !entry.Released && _doneAhead?.Contains(entry.Number) != true));
            from = page[^1].Number + 1;
        }

        return shared;
    }

    public bool MayHaveBeenSent(InboxEntry entry)
    {
        lock (_gate)
            return entry.Number < _sentBelow;
    }

    /// <summary>The message of an entry that somebody else is to get instead.</summary>
    public Delivery Leave(InboxEntry entry)
    {
        lock (_gate)
            return entry.Delivery with { From = new InboxPlace(_hold.Id, entry.Number, _hold.Epoch) };
    }

    /// <summary>Takes entries out that somebody else has got; there is no connection.</summary>
    public async ValueTask RemoveAsync(IReadOnlyList<InboxEntry> entries)
    {
        ValueTask write;
        lock (_gate)
        {
            write = _store.AcknowledgeAsync(_hold, [.. entries.Select(entry => new InboxAck(entry.Number, Received: false))]);
            foreach (var entry in entries)
                Forget(entry);
            DropStage();
            _ahead.Clear();
        }

        await write.ConfigureAwait(false);
    }

    private void Forget(InboxEntry entry) => Account(-1, -entry.Delivery.Message.Size);

    private void Account(int messages, long bytes)
    {
        _count += messages;
        _bytes += bytes;
        _counters.InboxMessages.Add(messages);
        _counters.InboxBytes.Add(bytes);
    }

    private void Stage(List<InboxEntry> entries)
    {
        if (_edge is null || _staged.Count + entries.Count > MaxStaged)
        {
            DropStage();
            return;
        }

        foreach (var entry in entries)
            _staged.Enqueue(entry);
    }

    private void DropStage() => _staged.Clear();

    /// <summary>The store has not taken them: their numbers stay empty.</summary>
    private void Undo(List<InboxEntry> entries)
    {
        lock (_gate)
        {
            DropStage();
            if (!_closed)
                Account(-entries.Count, -entries.Sum(entry => (long)entry.Delivery.Message.Size));
        }
    }

    /// <summary>A write that the store has not answered.</summary>
    private sealed class Write(long upTo)
    {
        public long UpTo => upTo;

        public bool IsDone { get; set; }
    }
}
