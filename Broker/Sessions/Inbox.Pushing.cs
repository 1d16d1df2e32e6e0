using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;

namespace Starling.Broker.Sessions;

/// <remarks>How entries get from the inbox to the edge that holds the connection.</remarks>
internal sealed partial class Inbox
{
    /// <summary>Sees to it that what may go to the edge goes there; nobody waits for it.</summary>
    public void Push() => _ = PushAsync();

    /// <summary>Whether there are entries which go to the edge without anybody asking, or will when they are written or read.</summary>
    public bool IsAboutToPush
    {
        get
        {
            lock (_gate)
                return _edge is not null && (_pushing || (_pushNext < _next && Room() > 0));
        }
    }

    /// <summary>One caller at a time pushes for all.</summary>
    private async Task PushAsync()
    {
        while (true)
        {
            IReadOnlyList<InboxEntry> entries;
            IEdge edge;
            SessionFencingToken hold;
            long connection;
            long from;
            long written;
            int room;
            int version;
            lock (_gate)
            {
                room = Room();
                if (_pushing || room <= 0 || _edge is null || _pushNext >= _written)
                    return;
                _pushing = true;
                (edge, hold, connection, from, written) = (_edge, _hold, _connection, _pushNext, _written);
                version = _ahead.Version;
                entries = _ahead.Take(from, room, MaxPushedBytes - _pushedBytes) is { Count: > 0 } taken ? taken : TakeStaged(room);
            }

            try
            {
                if (entries.Count == 0)
                    entries = Some(await _store.ReadAsync(hold, from, PageSize, PageBytes).ConfigureAwait(false), room, written, version);
                var live = Pushed(entries, connection, from, written);
                if (live.Count > 0)
                    await edge.DeliverInboxAsync(_session.Tenant, _session.ClientId, connection, hold.Epoch, live).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                // A store that is away says so itself, once and not for each session.
                if (error is not StoreUnavailableException)
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
        if (_pushedBytes >= MaxPushedBytes)
            return 0;
        var identifiers = InboxEntry.PacketIdentifiers - 1 - (_pushNext - _oldest);
        return (int)Math.Min(_credit - _unacknowledged.Count, identifiers);
    }

    /// <summary>As many of a page as there is room for; the others are kept for the next push.</summary>
    private IReadOnlyList<InboxEntry> Some(IReadOnlyList<InboxEntry> page, int room, long written, int version)
    {
        if (page.Count <= room)
            return page;
        lock (_gate)
        {
            if (version == _ahead.Version)
                _ahead.Fill(page[room - 1].Number + 1, page.Skip(room).TakeWhile(entry => entry.Number < written));
        }

        return [.. page.Take(room)];
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
    /// <param name="connection">Which they are for.</param>
    /// <param name="from">Where the next one was to come from.</param>
    /// <param name="written">Up to where the store had been written when it was asked: what has come since may not be in its answer.</param>
    private List<InboxEntry> Pushed(IReadOnlyList<InboxEntry> entries, long connection, long from, long written)
    {
        var now = _due.Now;
        List<InboxEntry> live = [];
        List<InboxAck>? done = null;
        lock (_gate)
        {
            if (connection != _connection || _edge is null || from != _pushNext)
                return live;
            var identifiers = _oldest + InboxEntry.PacketIdentifiers - 1;
            foreach (var entry in entries)
            {
                if (entry.Number >= _written
                    || (_unacknowledged.Count > 0 && (entry.Number >= identifiers || _pushedBytes >= MaxPushedBytes)))
                {
                    _pushNext = Math.Min(entry.Number, _written);
                    break;
                }

                _pushNext = entry.Number + 1;
                var expired = entry.Delivery.Message.HasExpired(now) && !entry.Released && entry.Number >= _sentBelow;
                if (expired || _doneAhead?.Remove(entry.Number) == true)
                {
                    (done ??= []).Add(new InboxAck(entry.Number, Received: false));
                    Forget(entry);
                    if (expired)
                        _counters.DroppedExpired.Increment();
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
            if (done is not null)
                _ = _store.AcknowledgeAsync(_hold, done).AsTask();
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
