namespace Starling.Storage.PostgreSql.Writing;

/// <summary>
/// What waits to be written, and who may add to it. Each tenant has a queue of its own; transactions are filled from them in turn, by
/// bytes, so that a tenant with a long queue delays the others by no more than its part of a transaction. Within a tenant the order stays.
/// </summary>
/// <remarks>
/// While less than the capacity is taken, everybody may add. Beyond it, a tenant may add as long as it has less than its share of half the
/// capacity, divided among the tenants that have something waiting: so one that floods the queue is refused, and the others are not. Twice
/// the capacity is never exceeded by more than one write. What is being written counts until it is committed. Thread-safe.
/// </remarks>
/// <param name="capacity">In bytes.</param>
internal sealed class WriteQueue(long capacity)
{
    private const int MaxWrites = 8 * 1024;

    /// <summary>What a tenant may put into a transaction before it is the next one's turn, in bytes.</summary>
    private const long Quantum = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);

    /// <summary>Those with something to write, in their order of turns.</summary>
    private readonly LinkedList<Lane> _turns = [];

    private long _bytes;

    /// <summary>A transaction takes no more than this by bytes, except for one write.</summary>
    public const long MaxBytes = 8 * 1024 * 1024;

    public long Bytes => Interlocked.Read(ref _bytes);

    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _turns.Count == 0;
        }
    }

    /// <summary>Whether this tenant may add something.</summary>
    public bool HasRoom(string tenant)
    {
        // Of all that waits, whoever it belongs to: the usual answer, without a lock.
        var bytes = Bytes;
        if (bytes <= capacity)
            return true;
        if (bytes > 2 * capacity)
            return false;
        lock (_gate)
        {
            return !_lanes.TryGetValue(tenant, out var lane)
                || lane.Bytes <= capacity / (2 * _lanes.Count);
        }
    }

    public void Add(Write write)
    {
        lock (_gate)
        {
            if (!_lanes.TryGetValue(write.Tenant, out var lane))
                _lanes.Add(write.Tenant, lane = new Lane(write.Tenant));
            lane.Bytes += write.Bytes;
            _bytes += write.Bytes;
            lane.Writes.Enqueue(write);
            if (lane.Writes.Count == 1)
                lane.Turn = _turns.AddLast(lane);
        }
    }

    /// <summary>Fills a transaction.</summary>
    public void MoveTo(WriteBatch batch)
    {
        lock (_gate)
        {
            var next = _turns.First;
            // Those whose next write can't follow what the transaction has already wait for the one after it.
            var waiting = new List<Lane>();
            while (next is not null && batch.Writes.Count < MaxWrites && batch.Bytes < MaxBytes)
            {
                var lane = next.Value;
                _turns.Remove(next);
                lane.Credit += Quantum;
                var mayFollow = true;
                while (batch.Writes.Count < MaxWrites && batch.Bytes < MaxBytes && lane.Writes.TryPeek(out var write) && lane.Credit >= write.Bytes
                    && (mayFollow = batch.TryAdd(write)))
                {
                    lane.Credit -= write.Bytes;
                    lane.Writes.Dequeue();
                }

                if (lane.Writes.Count == 0)
                    (lane.Turn, lane.Credit) = (null, 0);
                else if (mayFollow)
                    lane.Turn = _turns.AddLast(lane);
                else
                    waiting.Add(lane);
                next = _turns.First;
            }

            for (var i = waiting.Count - 1; i >= 0; i--)
            {
                waiting[i].Credit = 0;
                waiting[i].Turn = _turns.AddFirst(waiting[i]);
            }
        }
    }

    /// <summary>These are written, or will not be: they don't count any more.</summary>
    public void Release(IReadOnlyList<Write> writes)
    {
        lock (_gate)
        {
            foreach (var write in writes)
            {
                var lane = _lanes[write.Tenant];
                lane.Bytes -= write.Bytes;
                _bytes -= write.Bytes;
                if (lane.Bytes == 0 && lane.Turn is null)
                    _lanes.Remove(write.Tenant);
            }
        }
    }

    private sealed class Lane(string tenant)
    {
        public string Tenant => tenant;

        public Queue<Write> Writes { get; } = new();

        /// <summary>Waiting and being written.</summary>
        public long Bytes { get; set; }

        /// <summary>What it may still put into transactions in this turn, in bytes.</summary>
        public long Credit { get; set; }

        /// <summary>Its place among those that wait; null when it has nothing to write.</summary>
        public LinkedListNode<Lane>? Turn { get; set; }
    }
}
