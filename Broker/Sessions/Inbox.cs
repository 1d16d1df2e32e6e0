using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Telemetry;
using Starling.Broker.Tenants.Quotas;
using Starling.Broker.Tenants;

namespace Starling.Broker.Sessions;

/// <summary>
/// The messages of QoS 1 and 2 that wait for a durable session's client.
/// </summary>
/// <remarks>
/// An entry is numbered and handed to the store under the lock, so that numbers, store and pushes have one order. Its publisher is answered
/// when the store has written it, and only then may it be pushed. Entries are pushed to the edge that holds the connection while fewer than
/// the credit are unacknowledged. The newest entries stay in memory while they are likely to be pushed soon; the rest is read back from the
/// store page by page.
///
/// The parts: <see cref="InboxNumbers"/> is the arithmetic, <see cref="InboxWindow"/> what is on its way to the client,
/// <see cref="InboxPusher"/> brings it there, <see cref="InboxRoom"/> drops what is too much.
/// </remarks>
internal sealed class Inbox
{
    private const int PageSize = 256;

    private readonly InboxState _state;
    private readonly InboxWindow _window;
    private readonly InboxPusher _pusher;
    private readonly InboxRoom _room;
    private readonly Queue<Write> _writes = new();

    public Inbox(SessionKey session, SessionContext context)
    {
        _state = new InboxState(session, context);
        _window = new InboxWindow(_state);
        _pusher = new InboxPusher(_state, _window);
        _room = new InboxRoom(_state, _window);
    }

    public InboxSummary Summary
    {
        get
        {
            lock (_state.Gate)
                return new InboxSummary(_state.Numbers.Next, _state.Count, _state.Bytes);
        }
    }

    /// <summary>What writes name.</summary>
    public SessionFencingToken Token
    {
        get
        {
            lock (_state.Gate)
                return _state.Token;
        }

        set
        {
            lock (_state.Gate)
                _state.Token = value;
        }
    }

    /// <inheritdoc cref="InboxPusher.IsAboutToPush"/>
    public bool IsAboutToPush => _pusher.IsAboutToPush;

    private SessionContext Context => _state.Context;

    /// <summary>
    /// Below which numbers are used, or may be before the store is told: what is to be written with the connection
    /// (<see cref="SessionState.NextNumber"/>).
    /// </summary>
    /// <param name="connected">
    /// Whether there is a connection, which may outlive this object: it passes over numbers that it has had, so that no other object may
    /// give one of them again, whether its entry is still there or not.
    /// </param>
    public long NextNumber(bool connected)
    {
        lock (_state.Gate)
            return connected && Context.IsShared ? _state.Numbers.ToStore() : _state.Numbers.Next;
    }

    /// <summary>The store has reserved the numbers below this one.</summary>
    public void Reserved(long nextNumber)
    {
        lock (_state.Gate)
            _state.Numbers = _state.Numbers.Reserve(nextNumber);
    }

    /// <summary>Begins with what the store keeps.</summary>
    public void Reset(InboxSummary stored, SessionFencingToken token)
    {
        lock (_state.Gate)
        {
            _window.Clear();
            _writes.Clear();
            _state.Account(stored.Count - _state.Count, stored.Bytes - _state.Bytes);
            _state.Numbers = InboxNumbers.Restored(stored.Next);
            _state.Token = token;
        }
    }

    /// <summary>The session is over, or not this object's any more: nothing is taken in and nothing more is written.</summary>
    public void Close()
    {
        lock (_state.Gate)
        {
            Reset(default, new SessionFencingToken(_state.Session, Id: 0, Epoch: 0));
            _state.IsClosed = true;
        }
    }

    /// <summary>From now on entries go to this edge, beginning with the oldest that is not acknowledged.</summary>
    /// <param name="edge">Holds the connection.</param>
    /// <param name="connection">Its epoch.</param>
    /// <param name="credit">What may be unacknowledged, at most.</param>
    public void Start(IInboxDelivery edge, long connection, int credit)
    {
        lock (_state.Gate)
            _window.Start(edge, connection, credit);
    }

    /// <summary>The connection is gone: what it did not acknowledge is pushed again to the next one.</summary>
    /// <param name="sentBelow">Entries with lower numbers may have reached the client.</param>
    public void Stop(long sentBelow)
    {
        lock (_state.Gate)
            _window.Stop(sentBelow);
    }

    /// <inheritdoc cref="InboxPusher.Push"/>
    public void Push() => _pusher.Push();

    /// <returns>False when the inbox is closed: it has taken nothing.</returns>
    public async ValueTask<bool> EnqueueAsync(IReadOnlyList<Delivery> deliveries)
    {
        using var activity = BrokerTracing.Continue(BrokerTracing.Enqueue);
        var limits = Context.Tenant.Options.Limits;
        if (Context.Tenant.Options.InboxOverflow == InboxOverflow.DropOldest)
        {
            deliveries = _room.Newest(deliveries, limits);
            await _room.MakeAsync(deliveries, limits).ConfigureAwait(false);
        }

        Write write;
        ValueTask<IReadOnlyList<long>> append;
        long reserve;
        var entries = new List<InboxEntry>(deliveries.Count);
        lock (_state.Gate)
        {
            if (_state.IsClosed)
                return false;
            var first = _state.Numbers.Next;
            foreach (var delivery in deliveries)
            {
                if (_state.Count >= limits.InboxMessages || _state.Bytes + delivery.Message.Size > limits.InboxBytes)
                {
                    Context.Counters.DroppedInboxFull.Increment();
                    continue;
                }

                if (Context.Counters.InboxBytes.Value + delivery.Message.Size > limits.TotalInboxBytes)
                {
                    Context.Counters.DroppedInboxFull.Increment();
                    Context.Tenant.Quotas.Refuse(TenantLimit.TotalInboxBytes);
                    continue;
                }

                entries.Add(new InboxEntry(first + entries.Count, delivery with { Message = delivery.Message.Compact() }));
                _state.Account(1, delivery.Message.Size);
            }

            if (entries.Count == 0)
                return true;
            _state.Numbers = _state.Numbers.Add(entries.Count);
            reserve = Context.IsShared ? _state.Numbers.ToReserve() : 0;
            try
            {
                append = Append(entries, reserve);
            }
            catch (StoreUnavailableException)
            {
                // Refused at once: as if it had never been, however many follow while the store is away.
                _state.Numbers = _state.Numbers.Withdraw(first);
                _state.Account(-entries.Count, -BytesOf(entries));
                throw;
            }

            _writes.Enqueue(write = new Write(_state.Numbers.Next));
            _window.Stage(entries);
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

    /// <param name="acks">What the client has received.</param>
    /// <param name="refused">Called when the store, which has answered, does not take them, since another object owns the session.</param>
    public async ValueTask AcknowledgeAsync(IReadOnlyList<InboxAck> acks, Action? refused = null)
    {
        ValueTask write;
        lock (_state.Gate)
        {
            acks = _window.SetAside(acks);
            // Also when nothing is left of them: the store says whether this object still owns the session. Whoever takes it later pushes
            // what was set aside to the connection again, which acknowledges it again.
            write = Context.Inboxes.AcknowledgeAsync(_state.Token, acks, refused);
            _window.Acknowledge(acks);
        }

        Push();
        await write.ConfigureAwait(false);
    }

    /// <summary>Entries that came by a shared subscription and that this client has not finished, in order.</summary>
    public async ValueTask<IReadOnlyList<InboxEntry>> ReadSharedAsync()
    {
        List<InboxEntry> shared = [];
        long from = 0;
        while (await Context.Inboxes.ReadAsync(Token, from, PageSize).ConfigureAwait(false) is { Count: > 0 } page)
        {
            shared.AddRange(page.Where(entry => entry.Delivery.Group is not null && !entry.Released && !_window.IsAcknowledgedAhead(entry.Number)));
            from = page[^1].Number + 1;
        }

        return shared;
    }

    public bool MayHaveBeenSent(InboxEntry entry)
    {
        lock (_state.Gate)
            return entry.Number < _state.Numbers.SentBelow;
    }

    /// <summary>The message of an entry that somebody else is to get instead.</summary>
    public Delivery Leave(InboxEntry entry)
    {
        var token = Token;
        return entry.Delivery with { From = new InboxPlace(token.Id, entry.Number, token.Epoch) };
    }

    /// <summary>Removes entries that somebody else has got; there is no connection.</summary>
    public async ValueTask RemoveAsync(IReadOnlyList<InboxEntry> entries)
    {
        ValueTask write;
        lock (_state.Gate)
        {
            write = Context.Inboxes.AcknowledgeAsync(_state.Token, [.. entries.Select(entry => new InboxAck(entry.Number, Received: false))]);
            foreach (var entry in entries)
                _state.Uncount(entry);
            _window.ClearStage();
            _window.Ahead.Clear();
        }

        await write.ConfigureAwait(false);
    }

    private ValueTask<IReadOnlyList<long>> Append(List<InboxEntry> entries, long reserve)
    {
        try
        {
            return Context.Inboxes.AppendAsync(_state.Token, entries, reserve);
        }
        catch (Exception error) when (error is not StoreUnavailableException)
        {
            return ValueTask.FromException<IReadOnlyList<long>>(error);
        }
    }

    /// <summary>Answers may be seen out of order: an entry is pushed only when all before it are known to be written, or not to be.</summary>
    private void Complete(Write write)
    {
        lock (_state.Gate)
        {
            write.IsDone = true;
            while (_writes.TryPeek(out var first) && first.IsDone)
                _state.Numbers = _state.Numbers.Write(_writes.Dequeue().UpTo);
        }
    }

    /// <summary>The store has not taken them: their numbers stay empty.</summary>
    private void Undo(List<InboxEntry> entries)
    {
        lock (_state.Gate)
        {
            _window.ClearStage();
            if (!_state.IsClosed)
                _state.Account(-entries.Count, -BytesOf(entries));
        }
    }

    private static long BytesOf(List<InboxEntry> entries) => entries.Sum(entry => (long)entry.Delivery.Message.Size);

    /// <summary>A write that the store has not answered.</summary>
    private sealed class Write(long upTo)
    {
        public long UpTo => upTo;

        public bool IsDone { get; set; }
    }
}
