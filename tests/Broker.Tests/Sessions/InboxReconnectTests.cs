using Starling.Broker.Contracts;

namespace Starling.Broker.Tests.Sessions;

/// <summary>What a later connection gets of what an earlier one did not acknowledge.</summary>
public sealed class InboxReconnectTests
{
    [Fact]
    public async Task What_was_not_acknowledged_is_pushed_again_and_marked_as_far_as_it_was_sent()
    {
        using var rig = new InboxRig();
        rig.Start();
        await rig.EnqueueAsync("0", "1", "2", "3");
        await rig.AcknowledgeAsync(1);

        Reconnect(rig, sentBelow: 3);

        rig.Edge.Pushed.Select(entry => (InboxRig.Text(entry), entry.Sent)).ShouldBe([("0", true), ("2", true), ("3", false)]);
    }

    [Fact]
    public async Task What_had_its_PUBREC_comes_again_as_released()
    {
        using var rig = new InboxRig();
        rig.Start();
        await rig.Inbox.EnqueueAsync([InboxRig.Delivery("0", qos: 2), InboxRig.Delivery("1", qos: 2)]);
        await rig.Inbox.AcknowledgeAsync([new InboxAck(0, Received: true)]);

        Reconnect(rig, sentBelow: 2);

        rig.Edge.Pushed.Select(entry => (entry.Number, entry.Released)).ShouldBe([(0L, true), (1L, false)]);
    }

    [Fact]
    public async Task Packet_identifiers_stay_the_same()
    {
        using var rig = new InboxRig();
        rig.Start();
        await rig.EnqueueAsync("0", "1", "2");
        ushort[] before = [.. rig.Edge.Pushed.Select(entry => entry.PacketIdentifier)];

        Reconnect(rig, sentBelow: 3);

        rig.Edge.Pushed.Select(entry => entry.PacketIdentifier).ShouldBe(before);
    }

    [Fact]
    public async Task What_expired_after_it_was_sent_is_pushed_again()
    {
        using var rig = new InboxRig();
        rig.Start();
        var soon = rig.Time.GetUtcNow().ToUnixTimeMilliseconds() + 1000;
        await rig.Inbox.EnqueueAsync([InboxRig.Delivery("sent", expiresAt: soon), InboxRig.Delivery("not sent", expiresAt: soon)]);

        rig.Time.Advance(TimeSpan.FromSeconds(1));
        Reconnect(rig, sentBelow: 1);

        rig.Edge.TakeTexts().ShouldBe(["sent"]);
    }

    [Fact]
    public async Task Without_a_connection_nothing_is_pushed()
    {
        using var rig = new InboxRig();
        rig.Start();
        rig.Inbox.Stop(sentBelow: 0);

        await rig.EnqueueAsync("0");

        rig.Edge.Pushed.ShouldBeEmpty();
        rig.Store.Entries.Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_read_that_was_under_way_when_the_connection_changed_is_not_pushed_to_the_new_one_twice()
    {
        using var rig = new InboxRig();
        await rig.EnqueueAsync("0", "1");
        rig.Store.Stall();
        rig.Start();
        rig.Edge.Pushed.ShouldBeEmpty();

        rig.Inbox.Stop(sentBelow: 0);
        rig.Inbox.Token = InboxRig.Hold(epoch: 2);
        rig.Start();
        rig.Store.Release();
        await rig.Edge.WaitAsync(2);

        rig.Edge.TakeTexts().ShouldBe(["0", "1"]);
        rig.Edge.LastEpoch.ShouldBe(2);
    }

    [Fact]
    public async Task What_was_read_ahead_for_one_connection_is_read_again_for_the_next()
    {
        using var rig = new InboxRig();
        await rig.EnqueueAsync("0", "1", "2", "3");
        rig.Start(credit: 1);
        rig.Edge.TakeTexts().ShouldBe(["0"]);

        rig.Inbox.Stop(sentBelow: 1);
        await rig.AcknowledgeAsync(1); // somebody else's doing
        rig.Start(credit: 10);

        rig.Edge.TakeTexts().ShouldBe(["0", "2", "3"]);
    }

    [Fact]
    public async Task An_inbox_taken_up_from_the_store_pushes_what_may_have_been_sent_as_such()
    {
        using var rig = new InboxRig();
        await rig.EnqueueAsync("0", "1");
        var stored = rig.Inbox.Summary;
        var later = rig.NewInbox(new(InboxRig.Key.Tenant));

        later.Reset(stored, InboxRig.Hold(epoch: 7));
        later.Start(rig.Edge, connection: 7, credit: 10);
        later.Push();
        await later.EnqueueAsync([InboxRig.Delivery("2")]);

        rig.Edge.Pushed.Select(entry => (entry.Number, entry.Sent)).ShouldBe([(0L, true), (1L, true), (2L, false)]);
        rig.Edge.LastEpoch.ShouldBe(7);
        later.Summary.Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_inbox_that_is_closed_is_empty_and_takes_nothing()
    {
        using var rig = new InboxRig();
        await rig.EnqueueAsync("0", "1");

        rig.Inbox.Close();

        (await rig.Inbox.EnqueueAsync([InboxRig.Delivery("2")])).ShouldBeFalse();
        rig.Inbox.Summary.ShouldBe(default);
        (rig.Counters.InboxMessages.Value, rig.Counters.InboxBytes.Value).ShouldBe((0, 0));
    }

    private static void Reconnect(InboxRig rig, long sentBelow)
    {
        rig.Inbox.Stop(sentBelow);
        rig.Edge.Pushed.Clear();
        rig.Inbox.Token = InboxRig.Hold(epoch: 2);
        rig.Start();
    }
}
