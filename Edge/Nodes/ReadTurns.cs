namespace Starling.Edge.Nodes;

/// <summary>
/// Shares the processors between tenants when clients send more than can be served. What a client sent is gone through in a turn; who has
/// many clients, or clients that cost much, does not get more turns' time than others who want some, too.
///
/// While work finds a thread at once, or only one tenant sends, a client's turn is now, and this costs a timestamp.
/// Otherwise the turn waits in its tenant's queue. Tenants are served by deficit round robin: each round allows a tenant
/// <see cref="Quantum"/> of time, and what a turn took is taken from that; a tenant that is in debt sits out rounds until it is not.
/// After each turn the pump goes to the end of the thread pool's queue, so that what arrived meanwhile is in the tenants' queues before the
/// next one is chosen. Nothing is left idle: when only tenants in debt want turns, they get them.
/// </summary>
internal sealed class ReadTurns
{
    /// <summary>Time that a round allows each tenant.</summary>
    public static readonly TimeSpan Quantum = TimeSpan.FromMilliseconds(1);

    /// <summary>Tenants that have had no turn for one to two of these are not counted as active, and forgiven what they owe.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMilliseconds(100);

    /// <summary>In rounds: one long turn is not held against a tenant for longer.</summary>
    private const int MaxDebt = 50;

    private readonly TimeProvider _time;
    private readonly IThreadPool _pool;
    private readonly Action _pump;
    private readonly Lock _gate = new();
    private readonly Queue<TenantTurns> _ready = [];
    private readonly long _quantum;
    private readonly long _memory;
    private int _waiting;
    private int _pumps;
    private long _period;
    private int _activeNow;
    private int _activeBefore;

    /// <param name="time">Its timestamps measure turns.</param>
    /// <param name="pool">What runs turns that had to wait.</param>
    public ReadTurns(TimeProvider time, IThreadPool pool)
    {
        _time = time;
        _pool = pool;
        _pump = Pump;
        _quantum = (long)(Quantum.TotalSeconds * time.TimestampFrequency);
        _memory = (long)(Memory.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>Whether it is the tenant's turn now. Otherwise <see cref="Wait"/> for it.</summary>
    public bool IsNow(TenantTurns tenant)
    {
        var now = _time.GetTimestamp();
        return (Volatile.Read(ref _waiting) == 0 && !_pool.IsBusy(now)) || IsAlone(tenant, now);
    }

    /// <summary>Has the turn run when it is its tenant's, on a thread of the pool.</summary>
    public void Wait(TenantTurns tenant, ReadTurn turn)
    {
        lock (_gate)
        {
            _waiting++;
            tenant.Waiting.Enqueue(turn);
            if (tenant.Waiting.Count == 1)
            {
                Forgive(tenant);
                _ready.Enqueue(tenant);
            }

            if (_pumps >= _pool.Processors)
                return;
            _pumps++;
        }

        _pool.Queue(_pump);
    }

    private bool IsAlone(TenantTurns tenant, long now)
    {
        var period = now / _memory;
        if (Volatile.Read(ref tenant.ActiveIn) != period || Volatile.Read(ref _period) != period)
        {
            lock (_gate)
                NoteActive(tenant, period);
        }

        return Volatile.Read(ref _waiting) == 0 && Volatile.Read(ref _activeNow) <= 1 && Volatile.Read(ref _activeBefore) <= 1;
    }

    private void NoteActive(TenantTurns tenant, long period)
    {
        if (period > _period)
        {
            _activeBefore = period == _period + 1 ? _activeNow : 0;
            _activeNow = 0;
            _period = period;
        }

        if (tenant.ActiveIn == period)
            return;
        tenant.ActiveIn = period;
        _activeNow++;
    }

    private void Forgive(TenantTurns tenant)
    {
        if (_time.GetTimestamp() - tenant.LastTurn > _memory)
            tenant.Balance = 0;
    }

    private void Pump()
    {
        TenantTurns tenant;
        ReadTurn turn;
        lock (_gate)
        {
            if (_ready.Count == 0)
            {
                _pumps--;
                return;
            }

            tenant = NextTenant();
            turn = tenant.Waiting.Dequeue();
            _waiting--;
            if (tenant.Waiting.Count > 0)
                _ready.Enqueue(tenant);
        }

        var start = _time.GetTimestamp();
        turn.Begin();
        var end = _time.GetTimestamp();
        lock (_gate)
        {
            tenant.Balance = Math.Max(tenant.Balance - (end - start), -MaxDebt * _quantum);
            tenant.LastTurn = end;
        }

        _pool.Queue(_pump);
    }

    /// <summary>The next one in the circle that is not in debt. There is one, after as many rounds as the smallest debt takes.</summary>
    private TenantTurns NextTenant()
    {
        while (true)
        {
            var tenant = _ready.Dequeue();
            if (tenant.Balance > 0)
                return tenant;
            tenant.Balance = Math.Min(tenant.Balance + _quantum, _quantum);
            if (tenant.Balance > 0)
                return tenant;
            _ready.Enqueue(tenant);
        }
    }
}
