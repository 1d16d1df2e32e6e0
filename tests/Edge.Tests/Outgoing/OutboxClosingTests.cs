using Starling.Broker.Messages;
using Starling.Protocol;
using static Starling.Edge.Tests.Outgoing.OutboxRig;

namespace Starling.Edge.Tests.Outgoing;

public sealed class OutboxClosingTests
{
    private static readonly SharedGroupKey Group = new("g", "a");

    [Fact]
    public void The_last_packet_goes_out_behind_what_was_sent()
    {
        var rig = new OutboxRig();
        rig.Outbox.Send(Delivery("1"));

        rig.Outbox.Close(PingRespPacket.Bytes);

        rig.Read().Count.ShouldBe(2);
    }

    [Fact]
    public void Nothing_is_sent_after_closing()
    {
        var rig = new OutboxRig();
        rig.Outbox.Close([]);

        rig.Outbox.Send(Delivery("1")).ShouldBeFalse();
        rig.Outbox.Send(Delivery("1", qos: 1)).ShouldBeFalse();
        rig.Outbox.SendControl(PingRespPacket.Bytes).ShouldBeFalse();
        rig.Outbox.SendInbox([Entry(0, "1")]).ShouldBeFalse();
        rig.Outbox.Flush();

        rig.Read().ShouldBeEmpty();
    }

    [Fact]
    public void A_client_that_does_not_read_gets_no_last_packet()
    {
        var rig = new OutboxRig();
        rig.Stall();
        rig.Send(Delivery("1"));

        rig.Outbox.Close(PingRespPacket.Bytes);

        rig.Read().Count.ShouldBe(1);
        rig.Outbox.IsStalled.ShouldBeFalse();
    }

    [Fact]
    public void Shared_messages_that_were_not_acknowledged_are_handed_over_but_not_QoS_2_in_flight()
    {
        var rig = new OutboxRig(receiveMaximum: 3);
        rig.Send(Delivery("in flight", qos: 1, group: Group));
        rig.Send(Delivery("in flight too", qos: 2, group: Group));
        rig.Send(Delivery("not shared", qos: 1));
        rig.Send(Delivery("waits", qos: 2, group: Group));
        rig.Send(Delivery("waits, not shared", qos: 1));

        Texts(rig.Outbox.Close([])).ShouldBe(["in flight", "waits"]);
    }

    [Fact]
    public void They_are_handed_over_when_the_transport_went_first()
    {
        var rig = new OutboxRig();
        rig.Send(Delivery("in flight", qos: 1, group: Group));
        rig.Break();
        rig.Send(Delivery("finds out", qos: 0));

        Texts(rig.Outbox.Close([])).ShouldBe(["in flight"]);
    }

    [Fact]
    public void They_are_handed_over_once()
    {
        var rig = new OutboxRig();
        rig.Send(Delivery("in flight", qos: 1, group: Group));
        rig.Outbox.Close([]);

        rig.Outbox.Close([]).ShouldBeEmpty();
    }

    [Fact]
    public void Closing_ends_the_wait_of_publishers()
    {
        var rig = new OutboxRig(queueBytes: 100);
        rig.Stall();
        rig.Send(Delivery(new string('x', 200), qos: 1));
        var drained = rig.Outbox.WhenDrained();
        var settled = rig.Outbox.WhenFlushed();
        (drained.IsCompleted || settled.IsCompleted).ShouldBeFalse();

        rig.Outbox.Close([]);

        (drained.IsCompleted && settled.IsCompleted).ShouldBeTrue();
    }

    [Fact]
    public void A_client_that_goes_ends_the_wait_of_publishers()
    {
        var rig = new OutboxRig(queueBytes: 100);
        rig.Stall();
        rig.Send(Delivery(new string('x', 200), qos: 1));
        var drained = rig.Outbox.WhenDrained();

        rig.Break();

        drained.IsCompleted.ShouldBeTrue();
    }

    private static string[] Texts(IReadOnlyList<Delivery> deliveries) =>
        [.. deliveries.Select(delivery => System.Text.Encoding.UTF8.GetString(delivery.Message.Payload))];
}
