using Starling.Broker.Contracts;

namespace Starling.Broker.Sessions;

/// <summary>
/// The entries of an inbox that are on their way to the client, and those that are in memory to follow next: the newest ones, as long as
/// they are likely to be pushed soon (staged), and what was read from the store and did not fit the credit yet (<see cref="ReadAhead"/>).
/// Used under <see cref="InboxState.Gate"/>.
/// </summary>
internal sealed class InboxWindow(InboxState inbox)
{
    private const int MaxStaged = 1024;

    private const long MaxPushedBytes = 4 * 1024 * 1024;

    private readonly Queue<InboxEntry> _staged = new();
    private readonly Dictionary<long, InboxEntry> _unacknowledged = [];
    private HashSet<long>? _acknowledgedAhead;
    private int _credit;

    /// <summary>Holds the connection; null while there is none.</summary>
    public IInboxDelivery? Edge { get; private set; }

    /// <summary>The connection's epoch.</summary>
    public long Connection { get; private set; }

    public bool IsConnected => Edge is not null;

    public int Count => _unacknowledged.Count;

    public long Bytes { get; private set; }

    public ReadAhead Ahead { get; } = new();

    /// <summary>How many more entries may be pushed.</summary>
    public int Room => Bytes >= MaxPushedBytes ? 0 : (int)Math.Min(_credit - _unacknowledged.Count, inbox.Numbers.FreeIdentifiers);

    /// <param name="credit">What may be unacknowledged, at most.</param>
    public void Start(IInboxDelivery edge, long connection, int credit)
    {
        if (IsConnected)
            inbox.Numbers = inbox.Numbers.Restart(Rewind());
        (Edge, Connection, _credit) = (edge, connection, Math.Min(credit, InboxEntry.PacketIdentifiers - 1));
    }

    public void Stop(long sentBelow)
    {
        Edge = null;
        inbox.Numbers = inbox.Numbers.Stop(sentBelow, Rewind());
    }

    /// <summary>Nothing is in memory and nothing under way.</summary>
    public void Clear()
    {
        _staged.Clear();
        Ahead.Clear();
        _unacknowledged.Clear();
        _acknowledgedAhead = null;
        Bytes = 0;
        Edge = null;
    }

    /// <summary>Keeps new entries in memory if they are likely to be pushed soon.</summary>
    public void Stage(List<InboxEntry> entries)
    {
        if (!IsConnected || _staged.Count + entries.Count > MaxStaged)
        {
            ClearStage();
            return;
        }

        foreach (var entry in entries)
            _staged.Enqueue(entry);
    }

    public void ClearStage() => _staged.Clear();

    /// <summary>The entries to push next, if they are in memory.</summary>
    public IReadOnlyList<InboxEntry> TakeFromMemory(int room) =>
        Ahead.Take(inbox.Numbers.PushNext, room, MaxPushedBytes - Bytes) is { Count: > 0 } taken ? taken : TakeStaged(room);

    /// <summary>Takes entries into the window.</summary>
    /// <param name="entries">As they follow on the next number to push; none when the store has none.</param>
    /// <param name="written">Up to where the store had been written when it was asked: what has come since may not be in its answer.</param>
    /// <param name="finished">Entries that are not pushed, since they have expired or been acknowledged already; null for none.</param>
    /// <returns>Those to be pushed.</returns>
    public List<InboxEntry> Push(IReadOnlyList<InboxEntry> entries, long written, out List<InboxAck>? finished)
    {
        finished = null;
        List<InboxEntry> live = [];
        var numbers = inbox.Numbers;
        var (now, limit, next) = (inbox.Context.Due.Now, numbers.PushLimit, numbers.PushNext);
        foreach (var entry in entries)
        {
            if (entry.Number >= numbers.Written || (_unacknowledged.Count > 0 && (entry.Number >= limit || Bytes >= MaxPushedBytes)))
            {
                next = Math.Min(entry.Number, numbers.Written);
                break;
            }

            next = entry.Number + 1;
            var isSent = entry.Number < numbers.SentBelow;
            var hasExpired = entry.Delivery.Message.HasExpired(now) && !entry.Released && !isSent;
            if (hasExpired || _acknowledgedAhead?.Remove(entry.Number) == true)
            {
                (finished ??= []).Add(new InboxAck(entry.Number, Received: false));
                inbox.Uncount(entry);
                if (hasExpired)
                    inbox.Context.Counters.DroppedExpired.Increment();
                continue;
            }

            var pushed = isSent ? entry with { Sent = true } : entry;
            _unacknowledged.Add(entry.Number, pushed);
            Bytes += entry.Delivery.Message.Size;
            live.Add(pushed);
        }

        numbers = numbers.Push(entries.Count == 0 ? written : next);
        inbox.Numbers = _unacknowledged.Count == live.Count ? numbers.BeginAt(live.Count > 0 ? live[0].Number : numbers.PushNext) : numbers;
        return live;
    }

    /// <summary>
    /// Notes what is acknowledged before it has been pushed from here, since another object has pushed it: how much such an entry counts for
    /// is only known when it is read, so it stays until then.
    /// </summary>
    /// <returns>What is acknowledged now.</returns>
    public IReadOnlyList<InboxAck> SetAside(IReadOnlyList<InboxAck> acks)
    {
        var next = inbox.Numbers.PushNext;
        var isAhead = false;
        foreach (var ack in acks)
            isAhead |= !ack.Received && ack.Number >= next;
        if (!isAhead || !inbox.Context.IsShared)
            return acks;
        (_acknowledgedAhead ??= []).UnionWith(acks.Where(ack => !ack.Received && ack.Number >= next).Select(ack => ack.Number));
        return [.. acks.Where(ack => ack.Received || ack.Number < next)];
    }

    public bool IsAcknowledgedAhead(long number) => _acknowledgedAhead?.Contains(number) == true;

    public void Acknowledge(IReadOnlyList<InboxAck> acks)
    {
        var numbers = inbox.Numbers;
        foreach (var ack in acks)
        {
            if (ack.Number >= numbers.PushNext)
                Ahead.Clear();
            if (ack.Received)
            {
                if (_unacknowledged.TryGetValue(ack.Number, out var entry))
                    _unacknowledged[ack.Number] = entry with { Released = true };
            }
            else if (_unacknowledged.Remove(ack.Number, out var done))
            {
                Bytes -= done.Delivery.Message.Size;
                inbox.Uncount(done);
            }
        }

        var oldest = numbers.Oldest;
        while (oldest < numbers.PushNext && !_unacknowledged.ContainsKey(oldest))
            oldest++;
        inbox.Numbers = numbers.Acknowledge(oldest);
    }

    /// <returns>The oldest unacknowledged number; null for none.</returns>
    private long? Rewind()
    {
        Ahead.Clear();
        long? oldest = _unacknowledged.Count > 0 ? _unacknowledged.Keys.Min() : null;
        if (oldest is not null)
            ClearStage();
        _unacknowledged.Clear();
        Bytes = 0;
        return oldest;
    }

    private List<InboxEntry> TakeStaged(int room)
    {
        var numbers = inbox.Numbers;
        List<InboxEntry> taken = [];
        while (_staged.TryPeek(out var entry) && entry.Number < numbers.PushNext)
            _staged.Dequeue();
        // Only an unbroken run may be taken: what was left out of the stage is in the store.
        while (taken.Count < room && _staged.TryPeek(out var entry) && entry.Number == numbers.PushNext + taken.Count && entry.Number < numbers.Written)
            taken.Add(_staged.Dequeue());
        return taken;
    }
}
