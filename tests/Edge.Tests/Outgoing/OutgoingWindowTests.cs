using Starling.Broker.Messages;
using Starling.Edge.Outgoing;
using Starling.Protocol;
using static Starling.Edge.Tests.Outgoing.OutboxRig;

namespace Starling.Edge.Tests.Outgoing;

public sealed class OutgoingWindowTests
{
    [Fact]
    [Trait("Statement", "MQTT5-3.3.4-9")]
    public void It_is_full_at_the_receive_maximum()
    {
        var window = new OutgoingWindow(2);
        window.Reserve(Delivery("1", qos: 1));
        window.IsFull.ShouldBeFalse();

        window.Reserve(Delivery("2", qos: 2));

        window.IsFull.ShouldBeTrue();
    }

    [Fact]
    [Trait("Statement", "MQTT5-2.2.1-4")]
    public void Packet_identifiers_begin_anew_after_the_last_and_pass_over_those_in_use()
    {
        var window = new OutgoingWindow(ushort.MaxValue);
        var held = window.Reserve(Delivery("held", qos: 1));
        for (var i = 2; i <= ushort.MaxValue; i++)
            window.Free(window.Reserve(Delivery("x", qos: 1)));

        window.Reserve(Delivery("x", qos: 1)).ShouldBe((ushort)2);
        held.ShouldBe((ushort)1);
    }

    [Fact]
    public void PUBACK_frees_QoS_1()
    {
        var window = new OutgoingWindow(1);
        var id = window.Reserve(Delivery("1", qos: 1));

        window.Acknowledge(Ack(PacketType.PubAck, id)).ShouldBe(new AckOutcome(Known: true, Freed: true, Received: false, -1, null));

        window.Count.ShouldBe(0);
    }

    [Fact]
    public void QoS_2_is_freed_by_PUBCOMP_after_PUBREC()
    {
        var window = new OutgoingWindow(1);
        var id = window.Reserve(Delivery("1", qos: 2));

        window.Acknowledge(Ack(PacketType.PubRec, id)).ShouldBe(new AckOutcome(Known: true, Freed: false, Received: true, -1, null));
        window.IsFull.ShouldBeTrue();
        window.Acknowledge(Ack(PacketType.PubComp, id)).Freed.ShouldBeTrue();

        window.IsFull.ShouldBeFalse();
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.4.0-2")]
    public void PUBREC_with_an_error_frees_QoS_2()
    {
        var window = new OutgoingWindow(1);
        var id = window.Reserve(Delivery("1", qos: 2));

        var outcome = window.Acknowledge(Ack(PacketType.PubRec, id, ReasonCode.UnspecifiedError));

        (outcome.Freed, outcome.Received).ShouldBe((true, false));
    }

    [Theory]
    [InlineData(1, PacketType.PubRec)]
    [InlineData(1, PacketType.PubComp)]
    [InlineData(2, PacketType.PubAck)]
    [InlineData(2, PacketType.PubComp)]
    public void An_acknowledgement_of_the_wrong_type_changes_nothing(int qos, PacketType type)
    {
        var window = new OutgoingWindow(1);
        var id = window.Reserve(Delivery("1", qos));

        window.Acknowledge(Ack(type, id)).IsMismatch.ShouldBeTrue();

        window.IsFull.ShouldBeTrue();
    }

    [Fact]
    public void An_acknowledgement_of_an_unused_identifier_is_unknown()
    {
        var window = new OutgoingWindow(1);
        window.Acknowledge(Ack(PacketType.PubAck, 1)).ShouldBe(AckOutcome.Unknown);
        window.Reserve(Delivery("1", qos: 1));

        window.Acknowledge(Ack(PacketType.PubAck, 2)).ShouldBe(AckOutcome.Unknown);
    }

    [Fact]
    public void An_acknowledgement_tells_the_entry_of_the_inbox_or_the_shared_subscription()
    {
        var window = new OutgoingWindow(2);
        var group = new SharedGroupKey("g", "a");
        window.Reserve(Entry(41, "1"));
        var id = window.Reserve(Delivery("1", qos: 1, group: group));

        window.Acknowledge(Ack(PacketType.PubAck, 42)).Number.ShouldBe(41);
        window.Acknowledge(Ack(PacketType.PubAck, id)).Group.ShouldBe(group);
    }

    private static AckPacket Ack(PacketType type, ushort id, ReasonCode reason = ReasonCode.Success) => new(type, id, reason);
}
