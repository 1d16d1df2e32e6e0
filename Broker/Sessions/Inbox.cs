using Microsoft.Extensions.Logging;
using Starling.Broker.Cluster;
using Starling.Broker.Metrics;
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
/// rest is read back from the store page by page.
///
/// numbers:   [ acknowledged | pushed, some unacknowledged | written | being written ]
///                           ^ _oldest                     ^ _pushNext ^ _written    ^ _next
///                                                    [ staged in memory from _staged ]
/// </remarks>
internal sealed partial class Inbox
{
    private const int MostStaged = 1024;
    private const int PageSize = 256;
    private const long MostPushedBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan RetryRead = TimeSpan.FromSeconds(1);

    private readonly SessionKey _session;
    private readonly Tenant _tenant;
    private readonly IInboxStore _store;
    private readonly DueTimes _due;
    private readonly TenantCounters _counters;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Queue<InboxEntry> _staged = new();
    private readonly Dictionary<long, InboxEntry> _unacknowledged = [];
    private long _next;
    private long _written;
    private long _pushNext;
    private long _oldest;
    private long _floor;
    private long _sentBelow;
    private long _pushedBytes;
    private int _count;
    private long _bytes;
    private SessionHold _hold;
    private IEdge? _edge;
    private int _credit;
    private bool _pushing;

    public Inbox(SessionKey session, SessionContext context)
    {
        _session = session;
        _hold = new SessionHold(session, Id: 0, Epoch: 0);
        _tenant = context.Tenant;
        _store = context.Inboxes;
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

    /// <summary>Takes up what the store keeps.</summary>
    public void Reset(InboxSummary stored, SessionHold hold)
    {
        lock (_gate)
        {
            _staged.Clear();
            _unacknowledged.Clear();
            Account(stored.Count - _count, stored.Bytes - _bytes);
            _next = stored.Next;
            _written = _next;
            _pushNext = _oldest = _floor = 0;
            // Which of them a client has seen is not written down: all may have been.
            _sentBelow = _next;
            _pushedBytes = 0;
            _appends.Clear();
            _hold = hold;
            _edge = null;
        }
    }

    /// <summary>The session is over, or not this object's any more.</summary>
    public void Clear() => Reset(default, _hold);

    /// <summary>From now on entries go to this edge, beginning with the oldest that is not acknowledged.</summary>
    public void Start(IEdge edge, int credit)
    {
        lock (_gate)
        {
            _edge = edge;
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
            _sentBelow = Math.Max(_sentBelow, Math.Min(sentBelow, _pushNext));
            if (_unacknowledged.Count > 0)
            {
                _pushNext = _unacknowledged.Keys.Min();
                DropStage();
            }

            _unacknowledged.Clear();
            _pushedBytes = 0;
            _oldest = _pushNext;
        }
    }

    public async ValueTask AcknowledgeAsync(IReadOnlyList<InboxAck> acks)
    {
        ValueTask write;
        lock (_gate)
        {
            write = _store.AcknowledgeAsync(_hold, acks);
            foreach (var ack in acks)
            {
                if (ack.Received)
                {
                    if (_unacknowledged.TryGetValue(ack.Number, out var entry))
                        _unacknowledged[ack.Number] = entry with { Released = true };
                }
                else if (_unacknowledged.Remove(ack.Number, out var done))
                {
                    _pushedBytes -= done.Delivery.Message.Size;
                    Forget(done);
                }
            }

            while (_oldest < _pushNext && !_unacknowledged.ContainsKey(_oldest))
                _oldest++;
        }

        Push();
        await write.ConfigureAwait(false);
    }

    /// <summary>Entries that came by a shared subscription and that this client has not dealt with, in order.</summary>
    public async ValueTask<IReadOnlyList<InboxEntry>> ReadSharedAsync()
    {
        List<InboxEntry> shared = [];
        long from = 0;
        while (await _store.ReadAsync(_hold, from, PageSize).ConfigureAwait(false) is { Count: > 0 } page)
        {
            shared.AddRange(page.Where(entry => entry.Delivery.Group is not null && !entry.Released));
            from = page[^1].Number + 1;
        }

        return shared;
    }

    public bool MayHaveBeenSent(InboxEntry entry)
    {
        lock (_gate)
            return entry.Number < _sentBelow;
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

    /// <summary>Sees to it that what may go to the edge goes there; nobody waits for it.</summary>
    public void Push() => _ = PushAsync();

    /// <summary>One caller at a time pushes for all.</summary>
    private async Task PushAsync()
    {
        while (true)
        {
            IReadOnlyList<InboxEntry> entries;
            IEdge edge;
            SessionHold hold;
            long from;
            long written;
            int room;
            lock (_gate)
            {
                room = Room();
                if (_pushing || room <= 0 || _edge is null || _pushNext >= _written)
                    return;
                _pushing = true;
                (edge, hold, from, written) = (_edge, _hold, _pushNext, _written);
                entries = TakeStaged(room);
            }

            try
            {
                if (entries.Count == 0)
                    entries = await _store.ReadAsync(hold, from, Math.Min(room, PageSize)).ConfigureAwait(false);
                var live = Pushed(entries, hold.Epoch, from, written);
                if (live.Count > 0)
                    await edge.DeliverInboxAsync(_session.Tenant, _session.ClientId, hold.Epoch, live).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                Log.PushFailed(_logger, _session.Tenant, _session.ClientId, RetryRead.TotalSeconds, error);
                _due.Schedule(_due.Now + (long)RetryRead.TotalMilliseconds, Push);
                return;
            }
            finally
            {
                lock (_gate)
                    _pushing = false;
            }
        }
    }

    private int Room()
    {
        if (_pushedBytes >= MostPushedBytes)
            return 0;
        var identifiers = InboxEntry.PacketIdentifiers - 1 - (_pushNext - _oldest);
        return (int)Math.Min(_credit - _unacknowledged.Count, identifiers);
    }

    private List<InboxEntry> TakeStaged(int room)
    {
        List<InboxEntry> taken = [];
        while (_staged.TryPeek(out var entry) && entry.Number < _pushNext)
            _staged.Dequeue();
        // Only an unbroken run may be taken: what was left out of the stage is in the store.
        while (taken.Count < room && _staged.TryPeek(out var entry) && entry.Number == _pushNext + taken.Count && entry.Number < _written)
            taken.Add(_staged.Dequeue());
        return taken;
    }

    /// <param name="entries">As they follow on <paramref name="from"/>; none when the store has none.</param>
    /// <param name="epoch">Whose connection they are for.</param>
    /// <param name="from">Where the next one was to come from.</param>
    /// <param name="written">Up to where the store had been written when it was asked: what has come since may not be in its answer.</param>
    private List<InboxEntry> Pushed(IReadOnlyList<InboxEntry> entries, long epoch, long from, long written)
    {
        var now = _due.Now;
        List<InboxEntry> live = [];
        List<InboxAck>? expired = null;
        lock (_gate)
        {
            if (epoch != _hold.Epoch || _edge is null || from != _pushNext)
                return live;
            var identifiers = _oldest + InboxEntry.PacketIdentifiers - 1;
            foreach (var entry in entries)
            {
                if (entry.Number >= _written
                    || (_unacknowledged.Count > 0 && (entry.Number >= identifiers || _pushedBytes >= MostPushedBytes)))
                {
                    _pushNext = Math.Min(entry.Number, _written);
                    break;
                }

                _pushNext = entry.Number + 1;
                if (entry.Delivery.Message.HasExpired(now) && !entry.Released && entry.Number >= _sentBelow)
                {
                    (expired ??= []).Add(new InboxAck(entry.Number, Received: false));
                    Forget(entry);
                    continue;
                }

                var pushed = entry.Number < _sentBelow ? entry with { Sent = true } : entry;
                _unacknowledged.Add(entry.Number, pushed);
                _pushedBytes += entry.Delivery.Message.Size;
                live.Add(pushed);
            }

            if (entries.Count == 0)
                _pushNext = written;
            if (_unacknowledged.Count == live.Count)
                _oldest = live.Count > 0 ? live[0].Number : _pushNext;
            if (expired is not null)
            {
                _counters.DroppedExpired.Add(expired.Count);
                _ = _store.AcknowledgeAsync(_hold, expired).AsTask();
            }
        }

        return live;
    }

    private static partial class Log
    {
        [LoggerMessage(
            Level = LogLevel.Warning,
            Message = "Tenant {Tenant}: messages of '{ClientId}' could not be read or handed over; tried again in {Seconds} s")]
        public static partial void PushFailed(ILogger logger, string tenant, string clientId, double seconds, Exception error);
    }
}
