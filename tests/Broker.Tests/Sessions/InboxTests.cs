using System.Globalization;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;

namespace Starling.Broker.Tests.Sessions;

/// <summary>From the publisher through the store to the edge, and acknowledged.</summary>
public sealed class InboxTests
{
    [Fact]
    public async Task Entries_are_pushed_in_order_within_the_credit_and_go_on_with_each_acknowledgement()
    {
        using var rig = new InboxRig();
        rig.Start(credit: 2);

        await rig.EnqueueAsync("0", "1", "2", "3");
        rig.Edge.TakeTexts().ShouldBe(["0", "1"]);
        await rig.AcknowledgeAsync(1);
        rig.Edge.TakeTexts().ShouldBe(["2"]);
        await rig.AcknowledgeAsync(0, 2);
        rig.Edge.TakeTexts().ShouldBe(["3"]);
        await rig.AcknowledgeAsync(3);

        rig.Store.Entries.ShouldBeEmpty();
        rig.Inbox.Summary.ShouldBe(new InboxSummary(Next: 4, Count: 0, Bytes: 0));
    }

    [Fact]
    public async Task Nothing_is_pushed_and_no_publisher_answered_before_the_store_has_written()
    {
        using var rig = new InboxRig();
        rig.Start();
        rig.Store.Stall();

        var enqueued = rig.EnqueueAsync("0");
        enqueued.IsCompleted.ShouldBeFalse();
        rig.Edge.Pushed.ShouldBeEmpty();
        rig.Store.Release();
        await enqueued;

        rig.Edge.TakeTexts().ShouldBe(["0"]);
    }

    [Fact]
    public async Task What_the_store_refuses_is_neither_counted_nor_pushed_and_the_next_message_passes()
    {
        using var rig = new InboxRig();
        rig.Start();
        rig.Store.Failure = new IOException("away");

        await Should.ThrowAsync<IOException>(() => rig.EnqueueAsync("lost"));
        rig.Store.Failure = null;
        await rig.EnqueueAsync("next");

        rig.Edge.TakeTexts().ShouldBe(["next"]);
        rig.Inbox.Summary.Count.ShouldBe(1);
        (rig.Counters.InboxMessages.Value, rig.Counters.InboxBytes.Value).ShouldBe((1, 5));
    }

    [Fact]
    public async Task What_is_pushed_while_it_is_fresh_is_not_read_back()
    {
        using var rig = new InboxRig();
        rig.Start();

        await rig.EnqueueAsync("0");
        await rig.EnqueueAsync("1", "2");

        rig.Edge.TakeTexts().ShouldBe(["0", "1", "2"]);
        rig.Store.Reads.ShouldBe(0);
    }

    [Fact]
    public async Task A_long_inbox_is_read_page_by_page_in_order()
    {
        using var rig = new InboxRig();
        await rig.EnqueueAsync(Numbers(0, 2000));

        rig.Start(credit: 5000);

        rig.Edge.TakeTexts().ShouldBe(Numbers(0, 2000));
        rig.Store.Reads.ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task A_client_that_takes_one_message_at_a_time_does_not_have_the_store_asked_for_each()
    {
        using var rig = new InboxRig();
        await rig.EnqueueAsync(Numbers(0, 600));

        rig.Start(credit: 1);

        (await WorkOffAsync(rig)).ShouldBe(Numbers(0, 600));
        rig.Store.Reads.ShouldBeLessThan(6);
        rig.Store.MaxBytesRead.ShouldBe(256 * 1024);
    }

    [Fact]
    public async Task What_was_read_ahead_and_made_room_since_is_not_pushed()
    {
        using var rig = new InboxRig(limits => limits with { InboxMessages = 10 });
        await rig.EnqueueAsync(Numbers(0, 10));
        rig.Start(credit: 1);
        rig.Edge.TakeTexts().ShouldBe(["0"]);

        await rig.EnqueueAsync("new", "newer", "newest");

        await rig.AcknowledgeAsync(0);
        (await WorkOffAsync(rig)).ShouldBe([.. Numbers(4, 6), "new", "newer", "newest"]);
    }

    [Fact]
    public async Task What_comes_live_follows_what_waits_in_the_store()
    {
        using var rig = new InboxRig();
        await rig.EnqueueAsync(Numbers(0, 300));
        rig.Start(credit: 100);

        await rig.EnqueueAsync(Numbers(300, 1500));

        (await WorkOffAsync(rig)).ShouldBe(Numbers(0, 1800));
    }

    [Fact]
    public async Task No_two_entries_on_their_way_have_the_same_packet_identifier()
    {
        using var rig = new InboxRig();
        rig.Start(credit: ushort.MaxValue);
        await rig.EnqueueAsync("held");
        for (var i = 0; i < 66; i++)
        {
            rig.Edge.Pushed.Clear();
            await rig.EnqueueAsync(Numbers(0, 1000));
            rig.Edge.Pushed.ShouldAllBe(entry => entry.PacketIdentifier != 1);
            await rig.AcknowledgeAsync(rig.Edge.Pushed.Select(entry => entry.Number).ToArray());
        }

        rig.Inbox.Summary.Count.ShouldBeGreaterThan(1);
        rig.Edge.Pushed.Clear();
        await rig.AcknowledgeAsync(0);

        rig.Edge.Pushed.Count.ShouldBe(rig.Inbox.Summary.Count);
        rig.Edge.Pushed.Select(entry => entry.Number).ShouldBeInOrder();
    }

    [Fact]
    public async Task No_more_than_4_MiB_and_one_entry_are_on_their_way()
    {
        using var rig = new InboxRig();
        var large = new string('x', 1024 * 1024);
        await rig.EnqueueAsync(Enumerable.Repeat(large, 10));

        rig.Start();
        rig.Edge.Pushed.Count.ShouldBe(4);
        await rig.AcknowledgeAsync(0);

        rig.Edge.Pushed.Count.ShouldBe(5);
    }

    [Fact]
    public async Task Expired_entries_are_removed_instead_of_pushed_and_counted()
    {
        using var rig = new InboxRig();
        var soon = rig.Time.GetUtcNow().ToUnixTimeMilliseconds() + 1000;
        await rig.Inbox.EnqueueAsync([InboxRig.Delivery("old", expiresAt: soon), InboxRig.Delivery("stays")]);

        rig.Time.Advance(TimeSpan.FromSeconds(1));
        rig.Start();

        rig.Edge.TakeTexts().ShouldBe(["stays"]);
        rig.Counters.DroppedExpired.Value.ShouldBe(1);
        rig.Store.Entries.Select(InboxRig.Text).ShouldBe(["stays"]);
        rig.Inbox.Summary.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Shared_messages_that_nobody_dealt_with_can_be_taken_out()
    {
        using var rig = new InboxRig();
        var group = new SharedGroupKey("g", "a");
        await rig.Inbox.EnqueueAsync(
            [InboxRig.Delivery("0", group: group), InboxRig.Delivery("1"), InboxRig.Delivery("2", qos: 2, group: group), InboxRig.Delivery("3", group: group)]);
        rig.Start(credit: 3);
        await rig.Inbox.AcknowledgeAsync([new InboxAck(2, Received: true)]);
        rig.Inbox.Stop(sentBelow: 3);

        var shared = await rig.Inbox.ReadSharedAsync();
        shared.Select(InboxRig.Text).ShouldBe(["0", "3"]);
        shared.Select(rig.Inbox.MayHaveBeenSent).ShouldBe([true, false]);
        await rig.Inbox.RemoveAsync(shared);

        rig.Store.Entries.Select(InboxRig.Text).ShouldBe(["1", "2"]);
        rig.Inbox.Summary.Count.ShouldBe(2);
    }

    /// <summary>Acknowledges what is pushed until nothing is; a push ends before the acknowledgement that caused it.</summary>
    private static async Task<List<string>> WorkOffAsync(InboxRig rig)
    {
        List<string> all = [];
        while (rig.Edge.Pushed.Count > 0)
        {
            long[] numbers = [.. rig.Edge.Pushed.Select(entry => entry.Number)];
            all.AddRange(rig.Edge.TakeTexts());
            await rig.AcknowledgeAsync(numbers);
        }

        return all;
    }

    private static string[] Numbers(int from, int count) =>
        [.. Enumerable.Range(from, count).Select(i => i.ToString(CultureInfo.InvariantCulture))];
}
