using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;
using static Starling.Storage.Tests.Contracts.Stores;

namespace Starling.Storage.Tests.Contracts;

/// <summary>What every <see cref="IInboxStore"/> promises.</summary>
public abstract class InboxStoreContract : IAsyncLifetime
{
    private SessionFencingToken _me = null!;

    protected Stores Stores { get; private set; } = null!;

    private IInboxStore Inboxes => Stores.Inboxes;

    public async ValueTask InitializeAsync()
    {
        Stores = await OpenAsync();
        _me = await Stores.BeginAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Stores.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract Task<Stores> OpenAsync();

    [Fact]
    public async Task Entries_come_back_in_order_from_where_the_reader_stands()
    {
        (await Inboxes.AppendAsync(_me, Entries(0, 100))).ShouldBeEmpty();

        (await Stores.NumbersAsync(_me, from: 40, most: 3)).ShouldBe([40, 41, 42]);
        (await Stores.NumbersAsync(_me, from: 98)).ShouldBe([98, 99]);
        (await Stores.NumbersAsync(_me, from: 100)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2_500, 2)]
    [InlineData(3_500, 3)]
    [InlineData(100_000, 5)]
    public async Task A_reader_gets_no_more_bytes_than_it_wants_but_one_entry_always(long mostBytes, int expected)
    {
        await Inboxes.AppendAsync(_me, [.. Enumerable.Range(0, 5).Select(number => new InboxEntry(number, Delivery("a", new string('x', 1000))))]);

        var read = await Inboxes.ReadAsync(_me, 0, 10, mostBytes);

        read.Select(entry => entry.Number).ShouldBe(Enumerable.Range(0, expected).Select(number => (long)number));
    }

    [Fact]
    public async Task Numbers_may_leave_gaps()
    {
        await Inboxes.AppendAsync(_me, [.. Entries(3, 1), .. Entries(70_000, 2)]);

        (await Stores.NumbersAsync(_me)).ShouldBe([3, 70_000, 70_001]);
        (await Stores.TakeAsync()).Inbox.Next.ShouldBe(70_002);
    }

    [Fact]
    public async Task A_read_sees_what_was_called_before_it()
    {
        var append = Inboxes.AppendAsync(_me, Entries(0, 5)).AsTask();
        await append;
        var removed = Inboxes.AcknowledgeAsync(_me, Done(0, 1)).AsTask();
        var released = Inboxes.AcknowledgeAsync(_me, [new InboxAck(2, Received: true)]).AsTask();

        var read = await Inboxes.ReadAsync(_me, 0, 10);

        read.Select(entry => (entry.Number, entry.Released)).ShouldBe([(2L, true), (3L, false), (4L, false)]);
        await Task.WhenAll(removed, released);
    }

    [Fact]
    public async Task What_is_done_with_is_gone_in_whatever_order_it_comes()
    {
        await Inboxes.AppendAsync(_me, Entries(0, 10));

        await Inboxes.AcknowledgeAsync(_me, Done(9, 0, 5, 4, 6));

        (await Stores.NumbersAsync(_me)).ShouldBe([1, 2, 3, 7, 8]);
    }

    [Fact]
    public async Task A_released_entry_stays_until_it_is_done_with()
    {
        await Inboxes.AppendAsync(_me, Entries(0, 2));
        await Inboxes.AcknowledgeAsync(_me, [new InboxAck(0, Received: true)]);
        (await Inboxes.ReadAsync(_me, 0, 10)).Select(entry => entry.Released).ShouldBe([true, false]);

        await Inboxes.AcknowledgeAsync(_me, [new InboxAck(1, Received: true), new InboxAck(0, Received: false)]);

        (await Inboxes.ReadAsync(_me, 0, 10)).Select(entry => (entry.Number, entry.Released)).ShouldBe([(1L, true)]);
    }

    [Fact]
    public async Task Acknowledging_what_is_not_there_changes_nothing()
    {
        await Inboxes.AppendAsync(_me, Entries(5, 2));

        await Inboxes.AcknowledgeAsync(_me, [new InboxAck(4, Received: false), new InboxAck(7, Received: true), new InboxAck(8, Received: false)]);

        (await Stores.NumbersAsync(_me)).ShouldBe([5, 6]);
    }

    [Fact]
    public async Task Numbers_do_not_go_back_behind_what_was_saved_also_when_the_inbox_is_empty()
    {
        await Inboxes.AppendAsync(_me, Entries(0, 20));
        await Inboxes.AcknowledgeAsync(_me, Done(Enumerable.Range(0, 20).Select(n => (long)n)));
        (await Stores.NumbersAsync(_me)).ShouldBeEmpty();
        await Stores.Sessions.SaveAsync(Me, _me.Epoch, Away(_me.Epoch, nextNumber: 20));

        var taken = await Stores.TakeAsync();
        taken.Inbox.ShouldBe(new InboxSummary(Next: 20, Count: 0, Bytes: 0));
        await Inboxes.AppendAsync(taken.Hold, Entries(20, 2));

        (await Stores.NumbersAsync(taken.Hold)).ShouldBe([20, 21]);
    }

    [Fact]
    public async Task The_next_owner_is_told_what_waits()
    {
        var (small, large) = (Delivery("topic/ü", "12345"), Delivery("b", new string('x', 3000)));
        await Inboxes.AppendAsync(_me, [new InboxEntry(0, small), new InboxEntry(1, large), new InboxEntry(2, small)]);
        await Inboxes.AcknowledgeAsync(_me, Done(0));
        (await Stores.NumbersAsync(_me)).ShouldBe([1, 2]);

        (await Stores.TakeAsync()).Inbox.ShouldBe(new InboxSummary(Next: 3, Count: 2, Bytes: small.Message.Size + large.Message.Size));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(2_000)]
    [InlineData(1_048_576)]
    public async Task Messages_of_any_size_come_back_as_they_were(int payload)
    {
        var bytes = new byte[payload];
        new Random(payload).NextBytes(bytes);
        var delivery = new Delivery(
            Message.Create(
                new Topic("a/b"), bytes, QualityOfService.ExactlyOnce, retain: true, AllProperties, expiresAt: 1_800_000_000_123,
                new Publisher("someone", Epoch: 1_700_000_000_001, SessionId: 42), packetIdentifier: 65_535),
            QualityOfService.ExactlyOnce, Retain: true, SubscriptionIdentifiers: [1, 268_435_455], new SharedGroupKey("group", "a/+"));
        var plain = new Delivery(Message.Create(new Topic("p"), bytes), QualityOfService.AtLeastOnce, Retain: false, null);

        await Inboxes.AppendAsync(_me, [new InboxEntry(0, delivery), new InboxEntry(1, plain)]);

        var read = await Inboxes.ReadAsync(_me, 0, 10);
        read.Count.ShouldBe(2);
        Same.Delivery(read[0].Delivery, delivery);
        Same.Delivery(read[1].Delivery, plain);
    }

    [Fact]
    public async Task A_topic_and_a_group_may_have_65535_bytes()
    {
        var text = new string('é', 32_767) + "x";
        var group = new SharedGroupKey("g", text);
        var delivery = Delivery(text) with { Group = group };

        await Inboxes.AppendAsync(_me, [new InboxEntry(0, delivery)]);

        Same.Delivery((await Inboxes.ReadAsync(_me, 0, 10)).ShouldHaveSingleItem().Delivery, delivery);
    }

    [Fact]
    public async Task A_message_for_many_inboxes_leaves_each_on_its_own()
    {
        var delivery = Delivery(payload: "shared");
        var holds = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Stores.BeginAsync(new SessionKey("acme", $"c{i}"))));

        await Task.WhenAll(holds.Select(hold => Inboxes.AppendAsync(hold, [new InboxEntry(0, delivery), new InboxEntry(1, Delivery())]).AsTask()));
        await Task.WhenAll(holds.Skip(1).Select(hold => Inboxes.AcknowledgeAsync(hold, Done(0)).AsTask()));

        Same.Delivery((await Inboxes.ReadAsync(holds[0], 0, 10))[0].Delivery, delivery);
        foreach (var hold in holds.Skip(1))
            (await Stores.NumbersAsync(hold)).ShouldBe([1]);
    }

    [Fact]
    public async Task Ten_thousand_entries_are_kept_and_read_page_by_page()
    {
        for (var from = 0; from < 10_000; from += 500)
            await Inboxes.AppendAsync(_me, Entries(from, 500));

        List<long> all = [];
        while (await Stores.NumbersAsync(_me, all.Count, 256) is { Length: > 0 } page)
            all.AddRange(page);

        all.ShouldBe(Enumerable.Range(0, 10_000).Select(n => (long)n));
        (await Stores.TakeAsync()).Inbox.ShouldBe(new InboxSummary(10_000, 10_000, 20_000));
    }

    [Fact]
    public async Task Sessions_and_tenants_have_inboxes_of_their_own()
    {
        var you = await Stores.BeginAsync(new SessionKey("acme", "you"));
        var other = await Stores.BeginAsync(new SessionKey("other", "me"));
        await Inboxes.AppendAsync(_me, Entries(0, 1));

        (await Stores.NumbersAsync(you)).ShouldBeEmpty();
        (await Stores.NumbersAsync(other)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task It_holds_what_a_sorted_map_would(int seed)
    {
        var random = new Random(seed);
        var expected = new SortedSet<long>();
        var next = 0L;
        List<Task> calls = [];
        for (var step = 0; step < 2_000; step++)
        {
            if (random.Next(2) == 0)
            {
                var count = random.Next(1, 5);
                calls.Add(Inboxes.AppendAsync(_me, Entries(next, count)).AsTask());
                for (var i = 0; i < count; i++)
                    expected.Add(next++);
            }
            else if (expected.Count > 0)
            {
                // Mostly the oldest, as clients do, sometimes any.
                var number = random.Next(4) > 0 ? expected.Min : random.NextInt64(next);
                expected.Remove(number);
                calls.Add(Inboxes.AcknowledgeAsync(_me, Done(number)).AsTask());
            }
        }

        await Task.WhenAll(calls);
        (await Stores.NumbersAsync(_me)).ShouldBe(expected);
    }

    /// <summary>Payload format, content type, response topic, correlation data and a user property.</summary>
    private static byte[] AllProperties =>
        [0x01, 0x01, 0x03, 0x00, 0x01, (byte)'t', 0x08, 0x00, 0x01, (byte)'r', 0x09, 0x00, 0x02, 0x00, 0xFF, 0x26, 0x00, 0x01, (byte)'k', 0x00, 0x01, (byte)'v'];
}
