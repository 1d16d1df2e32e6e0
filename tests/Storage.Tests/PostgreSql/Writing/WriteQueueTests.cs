using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Credentials;
using Starling.Storage.PostgreSql;
using Starling.Storage.PostgreSql.Sessions;
using Starling.Storage.PostgreSql.Writing;
using Starling.Testing.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql.Writing;

public sealed class WriteQueueTests(SharedPostgres postgres)
{
    private const long Capacity = 100_000;

    private readonly WriteQueue _queue = new(Capacity);

    [Fact]
    public void A_tenant_alone_may_fill_the_queue_and_no_more()
    {
        Flood("a").ShouldBe(11);

        _queue.Bytes.ShouldBe(110_000);
    }

    [Fact]
    public void A_tenant_that_floods_the_queue_does_not_get_others_refused()
    {
        Flood("a");

        Flood("b").ShouldBeGreaterThanOrEqualTo(2);
        Flood("c").ShouldBeGreaterThanOrEqualTo(1);
        _queue.HasRoom("a").ShouldBeFalse();
        _queue.HasRoom("d").ShouldBeTrue();
    }

    [Fact]
    public void However_many_flood_the_queue_it_stays_below_twice_its_capacity_and_a_write()
    {
        for (var i = 0; i < 1000; i++)
            Flood($"t{i}");

        _queue.Bytes.ShouldBeLessThanOrEqualTo((2 * Capacity) + 10_000);
    }

    [Fact]
    public void Tenants_take_turns_however_much_one_of_them_has_waiting()
    {
        var queue = new WriteQueue(long.MaxValue / 4);
        for (var i = 0; i < 100; i++)
            queue.Add(new TestWrite("a", 1_000_000));
        var late = new TestWrite("b", 1000);
        queue.Add(late);
        var batch = new WriteBatch(new SharedMessages(), isShared: false);

        queue.MoveTo(batch);

        batch.Writes.ShouldContain(late);
        batch.Bytes.ShouldBeInRange(WriteQueue.MaxBytes, WriteQueue.MaxBytes + 1_000_000);
    }

    [Fact]
    public void Writes_of_a_session_keep_their_order_over_transactions()
    {
        var session = new SessionKey("a", "1");
        TestWrite[] writes = [new("a", 1, session, Stage.Save), new("a", 1, session, Stage.Entries), new("a", 1, session, Stage.Save), new("a", 1, session, Stage.Entries)];
        foreach (var write in writes)
            _queue.Add(write);

        Gather().ShouldBe(writes[..2]);
        Gather().ShouldBe(writes[2..]);
        _queue.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void What_is_being_written_counts_until_it_is_committed()
    {
        Flood("a");
        var taken = Gather();
        _queue.HasRoom("a").ShouldBeFalse();

        _queue.Release(taken);

        _queue.Bytes.ShouldBe(0);
        _queue.HasRoom("a").ShouldBeTrue();
    }

    [Fact]
    public void Subscriptions_and_wills_count_for_what_is_in_them()
    {
        var token = new SessionFencingToken(new SessionKey("a", "1"), 1, 1);
        var filter = new string('f', 60_000);
        var will = new SessionWill(Message.Create(new Topic("w"), new byte[50_000]), 0, null, User.Anonymous);

        new SubscriptionWrite(token, [new Subscription(filter, default, null)], []).Bytes.ShouldBeGreaterThan(60_000);
        new SaveWrite(token.Key, 0, new SessionState(1, null, 60, Will: will)).Bytes.ShouldBeGreaterThan(50_000);
        new SaveWrite(new SessionKey("a", filter), 0, new SessionState(1, null, 60)).Bytes.ShouldBeGreaterThan(60_000);
    }

    [Fact]
    public async Task Subscriptions_and_wills_of_a_tenant_that_floods_the_queue_are_refused()
    {
        await using var stores = await PostgreSqlStores.OpenAsync(await postgres.CreateDatabaseAsync(), queueBytes: 100_000);
        var token = await stores.Sessions.SaveAsync(new SessionKey("a", "1"), 0, new SessionState(1, null, 60));
        await using var blocked = await stores.Database.ConnectAsync("test", TestContext.Current.CancellationToken);
        await using var transaction = await blocked.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await blocked.ScalarAsync("lock table subscriptions, sessions", TestContext.Current.CancellationToken);
        var flood = new List<Task>();

        Should.Throw<StoreUnavailableException>(() =>
        {
            for (var i = 0; i < 100; i++)
                flood.Add(stores.Sessions.SetSubscriptionsAsync(token, [new Subscription(new string('f', 10_000) + i, default, null)], []).AsTask());
        });
        var other = stores.Sessions.SaveAsync(new SessionKey("b", "1"), 0, new SessionState(1, null, 60)).AsTask();

        await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        await Task.WhenAll([.. flood, other]);
        flood.Count.ShouldBeInRange(4, 12);
    }

    /// <summary>Adds while it may.</summary>
    private int Flood(string tenant)
    {
        var count = 0;
        for (; _queue.HasRoom(tenant); count++)
            _queue.Add(new TestWrite(tenant, 10_000));
        return count;
    }

    private IReadOnlyList<Write> Gather()
    {
        var batch = new WriteBatch(new SharedMessages(), isShared: false);
        _queue.MoveTo(batch);
        return batch.Writes;
    }

    private sealed class TestWrite(string tenant, long bytes, SessionKey? session = null, Stage stage = Stage.Entries) : Write(session, stage)
    {
        public override string Tenant => tenant;

        public override long Bytes => bytes;

        public override void AddTo(WriteBatch batch)
        {
        }

        public override void Committed()
        {
        }

        public override void Fail(Exception error)
        {
        }
    }
}
