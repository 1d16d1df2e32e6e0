using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;
using static Starling.Storage.Tests.Contracts.Stores;

namespace Starling.Storage.Tests.Contracts;

/// <summary>What stores promise that outlive the process: nothing is lost with it, repeats are not taken twice, what is due is found.</summary>
public abstract class LastingStoreContract : IAsyncLifetime
{
    protected Stores Stores { get; private set; } = null!;

    private ISessionStore Sessions => Stores.Sessions;

    private IInboxStore Inboxes => Stores.Inboxes;

    public async ValueTask InitializeAsync() => Stores = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await Stores.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract Task<Stores> OpenAsync();

    /// <summary>Ends the process of these stores; the next one opens them.</summary>
    protected abstract Task<Stores> ReopenAsync(Stores stores);

    [Fact]
    public async Task The_next_process_finds_all_that_was_answered()
    {
        var hold = await Stores.BeginAsync();
        await Sessions.SetSubscriptionsAsync(hold, [To("a", 2), To("$share/g/b")], []);
        await Sessions.SetReceivedAsync(hold, [5, 6], []);
        await Inboxes.AppendAsync(hold, Entries(0, 4));
        await Inboxes.AcknowledgeAsync(hold, [new InboxAck(0, Received: false), new InboxAck(1, Received: true)]);
        var will = new SessionWill(Delivery("w").Message, 30, null, User.Anonymous);
        var state = new SessionState(2, new StoredConnection("edge", 2), 60, ExpiresAt: null, will, WillAt: null, NextNumber: 4, ConnectionEpoch: 2);
        hold = await Sessions.SaveAsync(Me, hold.Epoch, state);

        Stores = await ReopenAsync(Stores);
        var taken = await Stores.TakeAsync();

        taken.Hold.ShouldBe(hold with { Epoch = 3 });
        (taken.State with { Will = null }).ShouldBe(state with { Epoch = 3, Will = null });
        Same.Message(taken.State.Will!.Message, will.Message);
        taken.Subscriptions.ShouldBe([To("a", 2), To("$share/g/b")], ignoreOrder: true);
        taken.Received.ShouldBe([(ushort)5, (ushort)6], ignoreOrder: true);
        taken.Inbox.ShouldBe(new InboxSummary(Next: 4, Count: 3, Bytes: 6));
        (await Inboxes.ReadAsync(taken.Hold, 0, 10)).Select(e => (e.Number, e.Released)).ShouldBe([(1L, true), (2L, false), (3L, false)]);
        (await Stores.RoutesAsync("acme")).Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_repeat_is_not_taken_even_when_the_first_was_dealt_with_before_the_process_ended()
    {
        var hold = await Stores.BeginAsync();
        (await Inboxes.AppendAsync(hold, [Repeatable(0, 7), Repeatable(1, 8)])).ShouldBeEmpty();
        await Inboxes.AcknowledgeAsync(hold, Done(0));

        Stores = await ReopenAsync(Stores);
        var taken = await Stores.TakeAsync();
        taken.Inbox.Next.ShouldBe(2);
        var repeats = await Inboxes.AppendAsync(taken.Hold, [Repeatable(2, 7), Repeatable(3, 9), Repeatable(4, 8)]);

        repeats.ShouldBe([2, 4], ignoreOrder: true);
        (await Stores.NumbersAsync(taken.Hold)).ShouldBe([1, 3]);
    }

    [Fact]
    public async Task What_its_publisher_released_is_no_repeat()
    {
        var publisher = await Stores.BeginAsync(new SessionKey("acme", "p"));
        var hold = await Stores.BeginAsync();
        await Inboxes.AppendAsync(hold, [Repeatable(0, 7, publisher.Id), Repeatable(1, 8, publisher.Id)]);

        await Sessions.SetReceivedAsync(publisher, [], [7]);

        (await Inboxes.AppendAsync(hold, [Repeatable(2, 7, publisher.Id), Repeatable(3, 8, publisher.Id)])).ShouldBe([3]);
        (await Stores.NumbersAsync(hold)).ShouldBe([0, 1, 2]);
    }

    [Fact]
    public async Task Repeats_are_of_one_publisher_in_one_inbox()
    {
        var (hold, you) = (await Stores.BeginAsync(), await Stores.BeginAsync(new SessionKey("acme", "you")));
        await Inboxes.AppendAsync(hold, [Repeatable(0, 7)]);

        (await Inboxes.AppendAsync(hold, [Repeatable(1, 7, publisher: 12)])).ShouldBeEmpty();
        (await Inboxes.AppendAsync(you, [Repeatable(0, 7)])).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_repeat_in_a_shared_subscription_is_one_for_all_members()
    {
        var group = new SharedGroupKey("g", "a");
        var (hold, you) = (await Stores.BeginAsync(), await Stores.BeginAsync(new SessionKey("acme", "you")));
        await Inboxes.AppendAsync(hold, [In(group, Repeatable(0, 7))]);

        (await Inboxes.AppendAsync(you, [In(group, Repeatable(0, 7)), In(group, Repeatable(1, 8))])).ShouldBe([0]);
        (await Inboxes.AppendAsync(you, [In(new("h", "a"), Repeatable(2, 7)), Repeatable(3, 7)])).ShouldBeEmpty();

        (await Stores.NumbersAsync(hold)).ShouldBe([0]);
        (await Stores.NumbersAsync(you)).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task A_group_forgets_what_the_publisher_released()
    {
        var group = new SharedGroupKey("g", "a");
        var publisher = await Stores.BeginAsync(new SessionKey("acme", "p"));
        var (hold, you) = (await Stores.BeginAsync(), await Stores.BeginAsync(new SessionKey("acme", "you")));
        await Inboxes.AppendAsync(hold, [In(group, Repeatable(0, 7, publisher.Id))]);

        await Sessions.SetReceivedAsync(publisher, [], [7]);

        (await Inboxes.AppendAsync(you, [In(group, Repeatable(0, 7, publisher.Id))])).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_member_leaves_moves_at_once()
    {
        var group = new SharedGroupKey("g", "a");
        var (hold, you) = (await Stores.BeginAsync(), await Stores.BeginAsync(new SessionKey("acme", "you")));
        await Inboxes.AppendAsync(hold, [In(group, Repeatable(0, 7)), In(group, Repeatable(1, 8))]);
        var left = new InboxEntry(0, Delivery() with { Group = group, From = new InboxPlace(hold.Id, 1, hold.Epoch) });

        await Inboxes.AppendAsync(you, [left]);

        (await Stores.NumbersAsync(hold)).ShouldBe([0]);
        (await Stores.NumbersAsync(you)).ShouldBe([0]);
    }

    [Fact]
    public async Task What_is_refused_does_not_move()
    {
        var (hold, you) = (await Stores.BeginAsync(), await Stores.BeginAsync(new SessionKey("acme", "you")));
        await Inboxes.AppendAsync(hold, Entries(0, 1));
        var left = new InboxEntry(0, Delivery() with { From = new InboxPlace(hold.Id, 0, hold.Epoch) });

        await Should.ThrowAsync<StaleEpochException>(() => Inboxes.AppendAsync(you with { Epoch = you.Epoch - 1 }, [left]).AsTask());

        (await Stores.NumbersAsync(hold)).ShouldBe([0]);
    }

    [Fact]
    public async Task What_has_moved_moves_no_second_time()
    {
        var (hold, you) = (await Stores.BeginAsync(), await Stores.BeginAsync(new SessionKey("acme", "you")));
        var third = await Stores.BeginAsync(new SessionKey("acme", "third"));
        await Inboxes.AppendAsync(hold, Entries(0, 1));
        var left = new InboxEntry(0, Delivery() with { From = new InboxPlace(hold.Id, 0, hold.Epoch) });

        var taken = await Task.WhenAll(Inboxes.AppendAsync(you, [left]).AsTask(), Inboxes.AppendAsync(third, [left]).AsTask());

        taken.Sum(notTaken => notTaken.Count).ShouldBe(1);
        ((await Stores.NumbersAsync(you)).Length + (await Stores.NumbersAsync(third)).Length).ShouldBe(1);
        (await Stores.NumbersAsync(hold)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_an_older_owner_leaves_stays()
    {
        var (hold, you) = (await Stores.BeginAsync(), await Stores.BeginAsync(new SessionKey("acme", "you")));
        await Inboxes.AppendAsync(hold, Entries(0, 1));
        var now = (await Stores.TakeAsync()).Hold;
        var left = new InboxEntry(0, Delivery() with { From = new InboxPlace(hold.Id, 0, hold.Epoch) });

        (await Inboxes.AppendAsync(you, [left])).ShouldBe([0]);

        (await Stores.NumbersAsync(now)).ShouldBe([0]);
        (await Stores.NumbersAsync(you)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Numbers_that_were_reserved_are_not_given_again_when_their_entries_are_gone()
    {
        var hold = await Stores.BeginAsync();
        await Inboxes.AppendAsync(hold, Entries(0, 3), reserve: 1000);
        await Inboxes.AcknowledgeAsync(hold, Done(0, 1, 2));
        (await Stores.NumbersAsync(hold)).ShouldBeEmpty();

        (await Stores.TakeAsync()).Inbox.ShouldBe(new InboxSummary(1000, 0, 0));
    }

    [Fact]
    public async Task A_publisher_that_ends_with_its_connection_repeats_nothing()
    {
        var hold = await Stores.BeginAsync();

        await Inboxes.AppendAsync(hold, [Repeatable(0, 7, publisher: 0)]);

        (await Inboxes.AppendAsync(hold, [Repeatable(1, 7, publisher: 0)])).ShouldBeEmpty();
    }

    [Fact]
    public async Task Sessions_are_due_that_expired_or_have_a_due_will_or_lost_their_edge()
    {
        const long now = 1_800_000_000_000;
        await AddAsync("expired", new SessionState(1, null, 60, ExpiresAt: now));
        await AddAsync("expires later", new SessionState(1, null, 60, ExpiresAt: now + 1));
        await AddAsync("will is due", Away(1) with { WillAt = now });
        await AddAsync("will is due later", Away(1) with { WillAt = now + 1 });
        await AddAsync("was on another edge", new SessionState(1, new StoredConnection("gone", 1), 60));
        await AddAsync("is connected", new SessionState(1, new StoredConnection("lives", 1), 60));
        await AddAsync("is away", Away(1));
        await Sessions.SaveAsync(new SessionKey("unknown", "expired"), 0, new SessionState(1, new StoredConnection("gone", 1), 60, ExpiresAt: 1));

        var due = await Sessions.ReadDueAsync(["other", "acme"], now, ["lives"], 0, 1, 100);

        due.Select(key => key.ClientId).ShouldBe(["expired", "will is due", "was on another edge"], ignoreOrder: true);
        due.ShouldAllBe(key => key.Tenant == "acme");
        (await Sessions.ReadDueAsync(["acme"], now, ["lives"], 0, 1, 2)).Count.ShouldBe(2);
        var parts = new List<SessionKey>();
        for (var part = 0; part < 3; part++)
            parts.AddRange(await Sessions.ReadDueAsync(["acme"], now, ["lives"], part, 3, 100));
        parts.ShouldBe(due, ignoreOrder: true);
        (await Sessions.ReadDueAsync([], now, ["lives"], 0, 1, 100)).ShouldBeEmpty();
    }

    private async Task AddAsync(string clientId, SessionState state) => await Sessions.SaveAsync(new SessionKey("acme", clientId), 0, state);

    private static InboxEntry In(SharedGroupKey group, InboxEntry entry) => entry with { Delivery = entry.Delivery with { Group = group } };

    private static InboxEntry Repeatable(long number, ushort packetIdentifier, long publisher = 4711) => new(number, new Delivery(
        Message.Create(
            new Topic("a"), "x"u8, QualityOfService.ExactlyOnce,
            publisher: new Publisher("p", Epoch: 1, publisher), packetIdentifier: packetIdentifier),
        QualityOfService.ExactlyOnce, Retain: false, null));
}
