using Starling.Broker.Contracts;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Outgoing.OutboxRig;

namespace Starling.Edge.Tests.Outgoing;

/// <summary>Entries of a durable session's inbox on their way to the client.</summary>
public sealed class OutboxInboxTests
{
    [Fact]
    public void Entries_go_out_with_the_packet_identifiers_of_their_numbers()
    {
        var rig = new OutboxRig();

        Send(rig, Entry(7, "1"), Entry(9, "2", qos: 2), Entry(65_535, "3"));

        rig.Read().Cast<PublishMessage>().Select(message => message.PacketIdentifier).ShouldBe([(ushort)8, (ushort)10, (ushort)1]);
        rig.Outbox.SentBelow.ShouldBe(65_536);
    }

    [Fact]
    public void An_entry_that_may_have_been_sent_has_DUP_and_a_released_one_is_PUBREL()
    {
        var rig = new OutboxRig();

        Send(rig, Entry(0, "1") with { Sent = true }, Entry(1, "2", qos: 2) with { Sent = true, Released = true }, Entry(2, "3"));

        var packets = rig.Read();
        packets[0].ShouldBeOfType<PublishMessage>().Dup.ShouldBeTrue();
        var release = packets[1].ShouldBeOfType<AckPacket>();
        (release.Type, release.PacketIdentifier).ShouldBe((PacketType.PubRel, (ushort)2));
        packets[2].ShouldBeOfType<PublishMessage>().Dup.ShouldBeFalse();
    }

    [Fact]
    public void Entries_beyond_the_receive_maximum_wait_for_acknowledgements()
    {
        var rig = new OutboxRig(receiveMaximum: 1);
        Send(rig, Entry(0, "1"), Entry(1, "2"));
        rig.ReadTexts().ShouldBe(["1"]);
        rig.Outbox.SentBelow.ShouldBe(1);

        var outcome = rig.Outbox.Acknowledge(new AckPacket(PacketType.PubAck, 1));
        rig.Outbox.Flush();

        (outcome.IsOfInbox, outcome.Number, outcome.Freed).ShouldBe((true, 0L, true));
        rig.ReadTexts().ShouldBe(["2"]);
    }

    [Fact]
    public void Entries_that_cannot_be_sent_are_told_to_the_session_once()
    {
        var rig = new OutboxRig(maximumPacketSize: 30, receiveMaximum: 1);
        var expired = Entry(1, "old") with { Delivery = Delivery("old", qos: 1, expiresAt: 1) };

        Send(rig, Entry(0, new string('x', 50)), expired, Entry(2, "3"));

        rig.ReadTexts().ShouldBe(["3"]);
        rig.Outbox.TakeSkipped().ShouldBe([new InboxAck(0, Received: false), new InboxAck(1, Received: false)]);
        rig.Outbox.TakeSkipped().ShouldBeNull();
    }

    [Fact]
    public void An_expired_entry_that_may_have_been_sent_is_sent_again()
    {
        var rig = new OutboxRig();

        Send(rig, new InboxEntry(0, Delivery("old", qos: 2, expiresAt: 1), Sent: true));

        rig.ReadTexts().ShouldBe(["old"]);
    }

    [Fact]
    public void Entries_wait_in_order_while_the_client_does_not_read()
    {
        var rig = new OutboxRig();
        rig.Stall();

        Send(rig, Entry(0, "1"), Entry(1, "2"));
        rig.Outbox.SentBelow.ShouldBe(0);
        Send(rig, Entry(2, "3"));

        rig.ReadTexts().Skip(1).ShouldBe(["1", "2", "3"]);
        rig.Outbox.SentBelow.ShouldBe(3);
    }

    [Fact]
    public void Entries_that_expire_while_the_client_does_not_read_are_told_to_the_session_when_it_reads_on()
    {
        var rig = new OutboxRig(receiveMaximum: 1);
        rig.Stall();
        Send(rig, Entry(0, "old") with { Delivery = Delivery("old", qos: 1, expiresAt: 1) });
        rig.Skips.ShouldBe(0);

        rig.ReadTexts().Count.ShouldBe(1);

        rig.Skips.ShouldBe(1);
        rig.Outbox.TakeSkipped().ShouldBe([new InboxAck(0, Received: false)]);
    }

    [Fact]
    public void What_comes_late_of_a_superseded_owner_leaves_no_gap_in_what_the_new_one_pushes()
    {
        var rig = new OutboxRig();
        rig.Outbox.SendInbox([Entry(0, "1")], owner: 5);

        rig.Outbox.SendInbox([Entry(0, "1"), Entry(1, "2")], owner: 6);
        rig.Outbox.SendInbox([Entry(3, "4")], owner: 5);
        rig.Outbox.SendInbox([Entry(2, "3"), Entry(3, "4")], owner: 6);
        rig.Outbox.Flush();

        rig.ReadTexts().ShouldBe(["1", "2", "3", "4"]);
        rig.Outbox.TakeSkipped().ShouldBeNull();
    }

    private static void Send(OutboxRig rig, params InboxEntry[] entries)
    {
        if (rig.Outbox.SendInbox(entries))
            rig.Outbox.Flush();
    }
}
