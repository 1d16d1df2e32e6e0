using Starling.Broker.Contracts;
using Starling.Broker.Tenants;

namespace Starling.Broker.Tests.Sessions;

/// <summary>What a full inbox drops.</summary>
public sealed class InboxOverflowTests
{
    [Fact]
    public async Task Dropping_the_oldest_keeps_what_came_last()
    {
        using var rig = Limited(InboxOverflow.DropOldest, messages: 3);

        for (var i = 0; i < 6; i++)
            await rig.EnqueueAsync($"{i}");

        rig.Store.Entries.Select(InboxRig.Text).ShouldBe(["3", "4", "5"]);
        rig.Counters.DroppedInboxFull.Value.ShouldBe(3);
        rig.Inbox.Summary.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Dropping_the_oldest_keeps_the_end_of_a_batch_that_is_too_long()
    {
        using var rig = Limited(InboxOverflow.DropOldest, messages: 3);
        await rig.EnqueueAsync("before");

        await rig.EnqueueAsync("0", "1", "2", "3", "4");

        rig.Store.Entries.Select(InboxRig.Text).ShouldBe(["2", "3", "4"]);
        rig.Counters.DroppedInboxFull.Value.ShouldBe(3);
    }

    [Fact]
    public async Task Dropping_the_newest_keeps_what_came_first()
    {
        using var rig = Limited(InboxOverflow.DropNewest, messages: 3);

        await rig.EnqueueAsync("0", "1");
        await rig.EnqueueAsync("2", "3", "4");

        rig.Store.Entries.Select(InboxRig.Text).ShouldBe(["0", "1", "2"]);
        rig.Counters.DroppedInboxFull.Value.ShouldBe(2);
    }

    [Fact]
    public async Task What_is_on_its_way_to_the_client_is_not_dropped()
    {
        using var rig = Limited(InboxOverflow.DropOldest, messages: 3);
        rig.Start(credit: 2);
        await rig.EnqueueAsync("0", "1", "2");

        await rig.EnqueueAsync("3");

        rig.Store.Entries.Select(InboxRig.Text).ShouldBe(["0", "1", "3"]);
        await rig.AcknowledgeAsync(0);
        rig.Edge.TakeTexts().ShouldBe(["0", "1", "3"]);
    }

    [Fact]
    public async Task When_all_is_on_its_way_the_new_message_is_dropped()
    {
        using var rig = Limited(InboxOverflow.DropOldest, messages: 2);
        rig.Start();
        await rig.EnqueueAsync("0", "1");

        await rig.EnqueueAsync("2");

        rig.Store.Entries.Select(InboxRig.Text).ShouldBe(["0", "1"]);
        rig.Counters.DroppedInboxFull.Value.ShouldBe(1);
    }

    [Theory]
    [InlineData(InboxOverflow.DropOldest)]
    [InlineData(InboxOverflow.DropNewest)]
    public async Task A_message_too_large_for_any_inbox_is_dropped_alone(InboxOverflow overflow)
    {
        using var rig = Limited(overflow, bytes: 10);

        await rig.EnqueueAsync("0", "1");
        await rig.EnqueueAsync("2", new string('x', 50), "3");

        rig.Store.Entries.Select(InboxRig.Text).ShouldBe(["0", "1", "2", "3"]);
        rig.Counters.DroppedInboxFull.Value.ShouldBe(1);
    }

    [Fact]
    public async Task A_large_message_makes_room_for_itself_in_bytes()
    {
        using var rig = Limited(InboxOverflow.DropOldest, bytes: 10);
        await rig.EnqueueAsync("0", "1", "2", "3");

        await rig.EnqueueAsync("12345");

        rig.Store.Entries.Select(InboxRig.Text).ShouldBe(["2", "3", "12345"]);
        rig.Inbox.Summary.Bytes.ShouldBe(10);
    }

    [Fact]
    public async Task Dropped_entries_do_not_come_with_the_next_connection()
    {
        using var rig = Limited(InboxOverflow.DropOldest, messages: 2);
        await rig.EnqueueAsync("0", "1");
        await rig.EnqueueAsync("2");

        rig.Start();

        rig.Edge.TakeTexts().ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task Released_QoS_2_messages_are_kept()
    {
        using var rig = Limited(InboxOverflow.DropOldest, messages: 2);
        rig.Start();
        await rig.Inbox.EnqueueAsync([InboxRig.Delivery("0", qos: 2), InboxRig.Delivery("1", qos: 2)]);
        await rig.Inbox.AcknowledgeAsync([new InboxAck(0, Received: true)]);
        rig.Inbox.Stop(sentBelow: 2);

        await rig.EnqueueAsync("2");

        rig.Store.Entries.Select(entry => (InboxRig.Text(entry), entry.Released)).ShouldBe([("0", true), ("2", false)]);
    }

    private static InboxRig Limited(InboxOverflow overflow, int messages = 1000, long bytes = 1_000_000) =>
        new(limits => limits with { InboxMessages = messages, InboxBytes = bytes }, overflow);
}
