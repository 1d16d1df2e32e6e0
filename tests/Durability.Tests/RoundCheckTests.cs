using Starling.Durability.Checks;
using Starling.Durability.History;
using Starling.Protocol;

namespace Starling.Durability.Tests;

/// <summary>The check finds what is wrong in forged histories, and nothing in good ones.</summary>
public sealed class RoundCheckTests
{
    private const QualityOfService One = QualityOfService.AtLeastOnce;
    private const QualityOfService Two = QualityOfService.ExactlyOnce;

    private readonly List<SentMessage> _sent = [];

    [Fact]
    public void What_arrived_once_and_in_order_is_good()
    {
        var (first, second) = (Sent(1, Two), Sent(2, Two));

        var verdict = Check(Subscriber(Two, Got(first), Got(second)));

        verdict.Violations.ShouldBeEmpty();
        verdict.ShouldSatisfyAllConditions(() => verdict.Sent.ShouldBe(2), () => verdict.Acknowledged.ShouldBe(2), () => verdict.Received.ShouldBe(2));
    }

    [Fact]
    public void A_lost_message_is_found()
    {
        var (first, second) = (Sent(1, One), Sent(2, One));

        var verdict = Check(Subscriber(Two, Got(first)), Subscriber(Two, Got(first), Got(second)));

        verdict.Lost.ShouldBe(1);
        verdict.Violations.ShouldHaveSingleItem().ShouldContain("lost: s never got 1:2");
    }

    [Fact]
    public void A_message_that_was_not_acknowledged_may_be_lost()
    {
        Sent(1, One, acknowledged: false);

        Check(Subscriber(Two)).Violations.ShouldBeEmpty();
    }

    [Fact]
    public void A_doubled_QoS_2_message_is_found_even_with_DUP()
    {
        var message = Sent(1, Two, attempts: 2);

        var verdict = Check(Subscriber(Two, Got(message), Got(message, connection: 2, dup: true)));

        verdict.Doubled.ShouldBe(1);
        verdict.Violations.ShouldHaveSingleItem().ShouldContain("doubled: s got 1:1");
    }

    [Fact]
    public void A_QoS_2_message_of_an_earlier_round_is_doubled()
    {
        Sent(7, Two, acknowledged: false);

        Check(Subscriber(Two, new Receipt(new(1, 6), "load/a/1", Two, Two, 1, Dup: true))).Doubled.ShouldBe(1);
    }

    [Fact]
    public void A_QoS_1_message_may_come_again_with_DUP_in_another_connection()
    {
        var message = Sent(1, One);

        var verdict = Check(Subscriber(Two, Got(message), Got(message, connection: 2, dup: true)));

        verdict.Violations.ShouldBeEmpty();
        verdict.Duplicates.ShouldBe(1);
    }

    [Fact]
    public void A_QoS_1_message_that_comes_again_without_DUP_is_found()
    {
        var message = Sent(1, One);

        Check(Subscriber(Two, Got(message), Got(message, connection: 2))).Doubled.ShouldBe(1);
    }

    [Fact]
    public void A_QoS_1_message_that_comes_again_in_one_connection_is_found()
    {
        var message = Sent(1, One);

        Check(Subscriber(Two, Got(message), Got(message, dup: true))).Doubled.ShouldBe(1);
    }

    [Fact]
    public void What_a_QoS_1_publisher_sent_again_may_come_as_another_message()
    {
        var message = Sent(1, One, attempts: 2);

        Check(Subscriber(Two, Got(message), Got(message))).Violations.ShouldBeEmpty();
    }

    [Fact]
    public void What_a_QoS_2_publisher_sent_again_does_not_come_as_another_message_at_QoS_1()
    {
        var message = Sent(1, Two, attempts: 2);

        Check(Subscriber(One, Got(message), Got(message, connection: 2))).Doubled.ShouldBe(1);
    }

    [Fact]
    public void A_reordered_message_is_found()
    {
        var (first, second) = (Sent(1, Two), Sent(2, Two));

        var verdict = Check(Subscriber(Two, Got(second), Got(first)));

        verdict.Reordered.ShouldBe(1);
        verdict.Violations.ShouldHaveSingleItem().ShouldContain("reordered: s got 1:1");
    }

    [Fact]
    public void Order_counts_first_arrivals_only()
    {
        var (first, second) = (Sent(1, One), Sent(2, One));

        var verdict = Check(Subscriber(
            Two, Got(first), Got(second), Got(first, connection: 2, dup: true), Got(second, connection: 2, dup: true)));

        verdict.Violations.ShouldBeEmpty();
    }

    [Fact]
    public void Messages_of_different_QoS_may_overtake_each_other()
    {
        var (first, second) = (Sent(1, Two), Sent(2, One));

        Check(Subscriber(Two, Got(second), Got(first))).Violations.ShouldBeEmpty();
    }

    [Fact]
    public void A_clean_session_has_to_get_what_is_acknowledged_while_its_connection_stands()
    {
        Sent(1, One);
        var clean = Subscriber(One) with { IsComplete = true };

        Check(clean).Lost.ShouldBe(1);
        Check(clean with { IsComplete = false }).Lost.ShouldBe(0);
    }

    [Fact]
    public void A_clean_session_may_get_what_its_publisher_repeats_as_another_message_but_no_more()
    {
        var message = Sent(1, Two, attempts: 2);
        var once = Subscriber(One, Got(message), Got(message));
        var clean = once with { Plan = once.Plan with { IsClean = true } };

        Check(clean).Doubled.ShouldBe(0);
        Check(clean with { Receipts = [Got(message), Got(message), Got(message)] }).Doubled.ShouldBe(1);
        Check(once).Doubled.ShouldBe(1);
    }

    [Fact]
    public void An_invented_message_is_found()
    {
        Sent(1, One, acknowledged: false);

        Check(Subscriber(Two, new Receipt(new(1, 2), "load/a/1", One, One, 1, Dup: false))).Violations.ShouldHaveSingleItem().ShouldContain("invented");
    }

    [Fact]
    public void A_message_at_the_wrong_QoS_is_found()
    {
        var message = Sent(1, Two);

        Check(Subscriber(Two, Got(message) with { Delivered = One })).Violations.ShouldHaveSingleItem().ShouldContain("wrong QoS");
    }

    [Fact]
    public void A_message_on_a_topic_that_was_not_subscribed_to_is_found()
    {
        var message = Sent(1, Two, topic: "load/b/2");

        Check(Subscriber(Two, Got(message))).Violations.ShouldHaveSingleItem().ShouldContain("not meant");
    }

    [Fact]
    public void One_member_of_a_shared_subscription_is_enough()
    {
        var (first, second) = (Sent(1, Two), Sent(2, Two));

        Check(Member(Two, Got(first)), Member(Two, Got(second))).Violations.ShouldBeEmpty();
    }

    [Fact]
    public void A_message_that_no_member_got_is_lost()
    {
        Sent(1, One);

        var verdict = Check(Member(One), Member(One));

        verdict.Lost.ShouldBe(1);
        verdict.Violations.ShouldHaveSingleItem().ShouldContain("group g");
    }

    [Fact]
    public void A_QoS_2_message_that_two_members_got_is_doubled()
    {
        var message = Sent(1, Two);

        var verdict = Check(Member(Two, Got(message)), Member(Two, "n", Got(message)));

        verdict.Doubled.ShouldBe(1);
        verdict.Violations.ShouldHaveSingleItem().ShouldContain("group g (m, n)");
    }

    [Fact]
    public void A_damaged_payload_is_not_read()
    {
        var content = new Content(new(3, 4), 1, Two);
        var payload = content.ToPayload(50);
        Content.Read(payload).ShouldBe(content);

        payload[20]++;

        Content.Read(payload).ShouldBeNull();
        Content.Read(content.ToPayload(50).AsSpan(0, 49)).ShouldBeNull();
    }

    private Verdict Check(params SubscriberHistory[] subscribers) => RoundCheck.Of(new(_sent, subscribers));

    private SentMessage Sent(uint number, QualityOfService qos, int attempts = 1, string topic = "load/a/1", bool acknowledged = true)
    {
        var message = new SentMessage(new(1, number), topic, qos, 10) { Attempts = attempts };
        if (acknowledged)
            message.Acknowledge();
        _sent.Add(message);
        return message;
    }

    private static Receipt Got(SentMessage message, int connection = 1, bool dup = false) =>
        new(message.Id, message.Topic, message.QoS, message.QoS, connection, dup);

    private static SubscriberHistory Subscriber(QualityOfService qos, params Receipt[] receipts) =>
        new(new("s", ProtocolVersion.Mqtt5, qos, ["load/a/1"], ["load/a/1"]), At(qos, receipts));

    private static SubscriberHistory Member(QualityOfService qos, params Receipt[] receipts) => Member(qos, "m", receipts);

    private static SubscriberHistory Member(QualityOfService qos, string name, params Receipt[] receipts) =>
        new(new(name, ProtocolVersion.Mqtt5, qos, ["$share/g/load/a/1"], []) { Group = "g", Shared = ["load/a/1"] }, At(qos, receipts));

    private static Receipt[] At(QualityOfService most, Receipt[] receipts) =>
        [.. receipts.Select(receipt => receipt.Delivered > most ? receipt with { Delivered = most } : receipt)];
}
