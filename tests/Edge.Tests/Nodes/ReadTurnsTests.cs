using Starling.Edge.Nodes;
using Starling.Testing;

namespace Starling.Edge.Tests.Nodes;

public sealed class ReadTurnsTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(5);

    private readonly ManualTime _time = new();
    private readonly QueueingPool _pool = new();
    private readonly ReadTurns _turns;
    private readonly Dictionary<TenantTurns, TimeSpan> _used = [];

    public ReadTurnsTests() => _turns = new ReadTurns(_time, _pool);

    [Fact]
    public void Nobody_waits_while_no_work_waits()
    {
        _turns.IsNow(new TenantTurns()).ShouldBeTrue();
        _turns.IsNow(new TenantTurns()).ShouldBeTrue();
    }

    [Fact]
    public void One_tenant_alone_never_waits_however_busy_the_processors_are()
    {
        var tenant = new TenantTurns();
        _pool.Busy = true;

        for (var i = 0; i < 300; i++)
        {
            _turns.IsNow(tenant).ShouldBeTrue();
            _time.Advance(Short);
        }
    }

    [Fact]
    public void Tenants_wait_when_several_of_them_want_busy_processors_until_one_is_alone_again()
    {
        var (first, second) = (new TenantTurns(), new TenantTurns());
        _pool.Busy = true;
        _turns.IsNow(first);

        _turns.IsNow(second).ShouldBeFalse();
        _turns.IsNow(first).ShouldBeFalse();

        _time.Advance(TimeSpan.FromMilliseconds(300));
        _turns.IsNow(first).ShouldBeTrue();
    }

    [Fact]
    public void Whoever_comes_later_does_not_wait_behind_all_that_another_tenant_has_sent()
    {
        var (many, one) = (new TenantTurns(), new TenantTurns());
        for (var i = 0; i < 100; i++)
            Want(many, Long, turns: 1);
        _pool.RunOne();
        Want(one, Short, turns: 1);

        _pool.RunOne();
        _pool.RunOne();

        _used[one].ShouldBe(Short);
    }

    [Fact]
    public void Tenants_get_the_same_time_whether_their_turns_are_long_or_short_and_their_clients_many_or_few()
    {
        var (longs, shorts) = (new TenantTurns(), new TenantTurns());
        for (var client = 0; client < 50; client++)
            Want(longs, Long, turns: 1000);
        for (var client = 0; client < 2; client++)
            Want(shorts, Short, turns: 10_000);

        while (_used.Values.Aggregate(TimeSpan.Zero, (sum, time) => sum + time) < TimeSpan.FromSeconds(4))
            _pool.RunOne();

        (_used[longs] / _used[shorts]).ShouldBe(1, tolerance: 0.05);
    }

    [Fact]
    public void A_tenant_in_debt_gets_its_turns_when_nobody_else_wants_any()
    {
        var tenant = new TenantTurns();
        Want(tenant, TimeSpan.FromSeconds(1), turns: 3);

        _pool.RunAll();

        _used[tenant].ShouldBe(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public void One_long_turn_is_not_held_against_a_tenant_for_ever()
    {
        var (slow, other) = (new TenantTurns(), new TenantTurns());
        Want(slow, TimeSpan.FromSeconds(10), turns: 2);
        _pool.RunOne();
        Want(other, Short, turns: 1000);

        for (var i = 0; i < 100; i++)
            _pool.RunOne();

        _used[slow].ShouldBe(TimeSpan.FromSeconds(20));
    }

    /// <summary>A client of the tenant that wants a turn after the other, each of which takes so long.</summary>
    private void Want(TenantTurns tenant, TimeSpan length, int turns)
    {
        _used.TryAdd(tenant, TimeSpan.Zero);
        _ = WantAsync();

        async Task WantAsync()
        {
            var turn = new ReadTurn();
            for (var i = 0; i < turns; i++)
            {
                var begun = turn.Prepare();
                _turns.Wait(tenant, turn);
                await begun;
                _time.Advance(length);
                _used[tenant] += length;
            }
        }
    }

    /// <summary>One processor; what is queued runs when the test says so.</summary>
    private sealed class QueueingPool : IThreadPool
    {
        private readonly Queue<Action> _work = [];

        public int Processors => 1;

        public bool Busy { get; set; }

        public bool IsBusy(long now) => Busy;

        public void Queue(Action work) => _work.Enqueue(work);

        public void RunOne() => _work.Dequeue()();

        public void RunAll()
        {
            while (_work.TryDequeue(out var work))
                work();
        }
    }
}
