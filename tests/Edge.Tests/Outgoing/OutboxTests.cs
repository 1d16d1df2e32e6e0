using Starling.Broker.Metrics;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Outgoing.OutboxRig;

namespace Starling.Edge.Tests.Outgoing;

public sealed class OutboxTests
{
    [Fact]
    public void Messages_of_a_batch_wait_for_one_flush()
    {
        var rig = new OutboxRig();

        rig.Outbox.Send(Delivery("1")).ShouldBeTrue();
        rig.Outbox.Send(Delivery("2")).ShouldBeFalse();
        rig.Read().ShouldBeEmpty();
        rig.Outbox.Flush();

        rig.ReadTexts().ShouldBe(["1", "2"]);
    }

    [Fact]
    public void Messages_that_come_while_the_client_does_not_read_follow_in_order()
    {
        var rig = new OutboxRig();
        rig.Stall();

        for (var i = 0; i < 8; i++)
            rig.Send(Delivery($"{i % 2}{i}", qos: i % 2));

        var texts = rig.ReadTexts();
        texts.Where(text => text[0] == '0').ShouldBe(["00", "02", "04", "06"]);
        texts.Where(text => text[0] == '1').ShouldBe(["11", "13", "15", "17"]);
        rig.Outbox.IsStalled.ShouldBeFalse();
    }

    [Fact]
    public void QoS_0_messages_that_do_not_fit_the_queue_are_dropped_and_counted()
    {
        var rig = new OutboxRig(queueBytes: 1000);
        rig.Stall();

        for (var i = 0; i < 10; i++)
            rig.Send(Delivery(i + new string('x', 198)));

        // A message of 200 bytes counts for 264 with what its place in the queue costs.
        rig.Counters.DroppedSlowReader.Value.ShouldBe(7);
        rig.Outbox.IsCongested.ShouldBeFalse();
        rig.ReadTexts().Skip(1).Select(text => text[0]).ShouldBe(['0', '1', '2']);
    }

    [Fact]
    public async Task Control_packets_count_in_the_queue_and_too_many_ask_for_no_more_to_be_read()
    {
        var rig = new OutboxRig(queueBytes: 1000);
        rig.Stall();

        for (var i = 0; i < 501; i++)
            rig.Outbox.SendControl(PingRespPacket.Bytes);
        rig.Send(Delivery("dropped"));

        rig.Outbox.OwesAnswers.ShouldBeTrue();
        rig.Outbox.QueuedBytes.ShouldBe(1002);
        rig.Counters.DroppedSlowReader.Value.ShouldBe(1);
        var answered = rig.Outbox.WhenAnswered();
        answered.IsCompleted.ShouldBeFalse();
        rig.Read().OfType<PingRespPacket>().Count().ShouldBe(501);
        await answered;
        rig.Outbox.OwesAnswers.ShouldBeFalse();
        rig.Outbox.QueuedBytes.ShouldBe(0);
    }

    [Fact]
    public void QoS_1_messages_are_kept_beyond_the_limit_and_congest()
    {
        var rig = new OutboxRig(queueBytes: 1000);
        rig.Stall();

        for (var i = 0; i < 5; i++)
            rig.Send(Delivery(i + new string('x', 198), qos: 1));

        rig.Outbox.IsCongested.ShouldBeTrue();
        rig.Counters.DroppedSlowReader.Value.ShouldBe(0);
        rig.ReadTexts().Count.ShouldBe(6);
        rig.Outbox.IsCongested.ShouldBeFalse();
    }

    [Fact]
    public async Task A_congested_outbox_is_drained_when_half_of_its_limit_is_left()
    {
        var rig = new OutboxRig(receiveMaximum: 1, queueBytes: 1000);
        for (var i = 0; i < 6; i++)
            rig.Send(Delivery(i + new string('x', 198), qos: 1));
        var drained = rig.Outbox.WhenDrained();

        var acknowledged = 0;
        while (!drained.IsCompleted)
        {
            var message = rig.Read().ShouldHaveSingleItem().ShouldBeOfType<PublishMessage>();
            if (rig.Outbox.Acknowledge(new AckPacket(PacketType.PubAck, message.PacketIdentifier)).FlushNeeded)
                rig.Outbox.Flush();
            acknowledged++;
        }

        await drained;
        // Five waited; one is left, which is what half of the limit holds.
        acknowledged.ShouldBe(4);
    }

    [Fact]
    public async Task An_outbox_that_has_room_is_drained_already()
    {
        var rig = new OutboxRig();
        rig.Stall();
        rig.Send(Delivery("1", qos: 1));

        rig.Outbox.WhenDrained().IsCompleted.ShouldBeTrue();
        await rig.Outbox.WhenDrained();
    }

    [Fact]
    public void An_outbox_is_flushed_when_the_client_has_read()
    {
        var rig = new OutboxRig();
        rig.Outbox.WhenFlushed().IsCompleted.ShouldBeTrue();
        rig.Stall();
        rig.Send(Delivery("1"));
        var settled = rig.Outbox.WhenFlushed();
        settled.IsCompleted.ShouldBeFalse();

        rig.Read();

        settled.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public void Control_packets_go_before_messages_that_wait()
    {
        var rig = new OutboxRig();
        rig.Stall();
        rig.Send(Delivery("1", qos: 1));
        rig.Outbox.SendControl(PingRespPacket.Bytes).ShouldBeFalse();

        rig.Read().Skip(1).Select(packet => packet.GetType()).ShouldBe([typeof(PingRespPacket), typeof(PublishMessage)]);
    }

    [Fact]
    public void A_long_backlog_goes_out_whole()
    {
        var rig = new OutboxRig(receiveMaximum: ushort.MaxValue, queueBytes: 100 * 1024 * 1024);
        rig.Stall();
        for (var i = 0; i < 1000; i++)
            rig.Send(Delivery($"{i:0000}{new string('x', 1000)}", qos: i % 2));

        var texts = rig.ReadTexts().Skip(1).Select(text => int.Parse(text[..4], System.Globalization.CultureInfo.InvariantCulture)).ToArray();

        texts.Length.ShouldBe(1000);
        texts.Where(i => i % 2 == 0).ShouldBeInOrder();
        texts.Where(i => i % 2 == 1).ShouldBeInOrder();
    }

    [Fact]
    public void A_message_that_expires_in_the_queue_is_dropped_and_takes_no_slot()
    {
        var rig = new OutboxRig(receiveMaximum: 1);
        rig.Stall();
        var soon = rig.Time.GetUtcNow().ToUnixTimeMilliseconds() + 1000;
        rig.Send(Delivery("expires", qos: 1, expiresAt: soon));
        rig.Send(Delivery("stays", qos: 1));

        rig.Time.Advance(TimeSpan.FromSeconds(1));

        rig.ReadTexts().Skip(1).ShouldBe(["stays"]);
        rig.Counters.DroppedExpired.Value.ShouldBe(1);
    }

    [Fact]
    public void What_is_sent_is_counted_with_the_flush()
    {
        var rig = new OutboxRig();
        rig.Outbox.Send(Delivery("12345"));
        rig.Outbox.SendControl(PingRespPacket.Bytes);

        rig.Outbox.Flush();

        rig.Counters.PacketsSent.Value.ShouldBe(2);
        rig.Counters.PublishSent.Value.ShouldBe(1);
        rig.Counters.PublishBytesSent.Value.ShouldBe(5);
        // 2 of fixed header, 3 of topic, 1 of properties, the payload; PINGRESP.
        rig.Counters.BytesSent.Value.ShouldBe(2 + 3 + 1 + 5 + 2);
    }

    [Fact]
    public void A_queue_four_times_its_limit_is_hopeless()
    {
        var rig = new OutboxRig(receiveMaximum: 1, queueBytes: 1000);
        for (var i = 0; i < 16; i++)
            rig.Send(Delivery(new string('x', 199), qos: 1));
        rig.Outbox.IsHopeless.ShouldBeFalse();

        rig.Send(Delivery(new string('x', 199), qos: 1));

        rig.Outbox.IsHopeless.ShouldBeTrue();
    }

    [Fact]
    public void What_waits_and_what_is_not_acknowledged_is_in_the_ledger_until_it_is_gone()
    {
        var rig = new OutboxRig(queueBytes: 100_000, receiveMaximum: 500);
        rig.Stall();
        for (var i = 0; i < 300; i++)
            rig.Send(Delivery(new string('x', 100), qos: 1));
        rig.Outbox.SendControl(PingRespPacket.Bytes);

        rig.Ledger.Of(HeldKind.Outgoing).ShouldBeInRange(16_384, 300 * 165);
        rig.Ledger.Of(HeldKind.Answers).ShouldBe(2);
        rig.Counters.Held.Total.ShouldBe(rig.Ledger.Total);
        rig.ReadTexts().Count.ShouldBe(301);
        rig.Ledger.Of(HeldKind.Outgoing).ShouldBe(0);
        rig.Ledger.Of(HeldKind.Answers).ShouldBe(0);
        rig.Ledger.Of(HeldKind.InFlight).ShouldBeInRange(16_384, 300 * 80);
        rig.Ledger.Release();
        rig.Counters.Held.Total.ShouldBe(0);
    }
}
