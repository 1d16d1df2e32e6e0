using Starling.Broker.Messages;
using Starling.Broker.Sessions;
using Starling.Protocol;
using Starling.Storage.Memory;

namespace Starling.Storage.Tests.Memory;

public sealed class MemoryInboxStoreTests
{
    private static readonly SessionKey Me = new("acme", "me");

    private readonly MemoryInboxStore _store = new();

    [Fact]
    public async Task Entries_come_back_in_order_from_where_the_reader_stands()
    {
        await AppendAsync(0, 100);

        (await NumbersAsync(from: 40, most: 3)).ShouldBe([40, 41, 42]);
    }

    [Fact]
    public async Task An_entry_that_is_done_with_is_gone()
    {
        await AppendAsync(0, 3);

        await _store.AcknowledgeAsync(Me, 1, [new InboxAck(1, Received: false)]);

        (await NumbersAsync(0, 10)).ShouldBe([0, 2]);
    }

    [Fact]
    public async Task A_received_entry_stays_released()
    {
        await AppendAsync(0, 1);

        await _store.AcknowledgeAsync(Me, 1, [new InboxAck(0, Received: true)]);

        (await _store.ReadAsync(Me, 0, 10)).ShouldHaveSingleItem().Released.ShouldBeTrue();
    }

    [Fact]
    public async Task Acknowledging_what_is_not_there_changes_nothing()
    {
        await AppendAsync(5, 2);

        await _store.AcknowledgeAsync(Me, 1, [new InboxAck(4, Received: false), new InboxAck(7, Received: true)]);

        (await NumbersAsync(0, 10)).ShouldBe([5, 6]);
    }

    [Fact]
    public async Task Numbers_go_on_after_the_inbox_was_empty()
    {
        await AppendAsync(0, 20);
        await _store.AcknowledgeAsync(Me, 1, [.. Enumerable.Range(0, 20).Select(n => new InboxAck(n, Received: false))]);

        await AppendAsync(20, 2);

        (await NumbersAsync(0, 10)).ShouldBe([20, 21]);
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
        for (var step = 0; step < 2_000; step++)
        {
            if (random.Next(2) == 0)
            {
                var count = random.Next(1, 5);
                await AppendAsync(next, count);
                for (var i = 0; i < count; i++)
                    expected.Add(next++);
            }
            else if (expected.Count > 0)
            {
                // Mostly the oldest, as clients do, sometimes any.
                var number = random.Next(4) > 0 ? expected.Min : random.NextInt64(next);
                expected.Remove(number);
                await _store.AcknowledgeAsync(Me, 1, [new InboxAck(number, Received: false)]);
            }
        }

        (await NumbersAsync(0, int.MaxValue)).ShouldBe(expected);
    }

    [Fact]
    public async Task Sessions_and_tenants_have_inboxes_of_their_own()
    {
        await AppendAsync(0, 1);

        (await _store.ReadAsync(new SessionKey("acme", "you"), 0, 10)).ShouldBeEmpty();
        (await _store.ReadAsync(new SessionKey("other", "me"), 0, 10)).ShouldBeEmpty();
    }

    private ValueTask AppendAsync(long from, int count)
    {
        var delivery = new Delivery(Message.Create(new Topic("a"), "x"u8), QualityOfService.AtLeastOnce, Retain: false, null);
        return _store.AppendAsync(Me, 1, [.. Enumerable.Range(0, count).Select(i => new InboxEntry(from + i, delivery))]);
    }

    private async Task<long[]> NumbersAsync(long from, int most) => [.. (await _store.ReadAsync(Me, from, most)).Select(e => e.Number)];
}
