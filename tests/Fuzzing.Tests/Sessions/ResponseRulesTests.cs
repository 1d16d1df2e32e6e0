using Starling.Fuzzing.Sessions;
using Starling.Protocol;
using static Starling.Testing.Raw;

namespace Starling.Fuzzing.Tests.Sessions;

/// <summary>The rules notice what they are there for.</summary>
public sealed class ResponseRulesTests
{
    private static readonly byte[] Connect = Packet(0x10, [.. Text("MQTT"), 5, 2, 0, 0, 3, 33, 0, 1, .. Text("t-a")]);
    private static readonly byte[] ConnAck = [0x20, 3, 0, 0, 0];
    private static readonly byte[] Subscribe = Packet(0x82, [0, 1, 0, .. Text("t/+"), 1]);
    private static readonly byte[] SubAck = [0x90, 4, 0, 1, 0, 1];
    private static readonly byte[] Published = Packet(0x32, [.. Text("t/x"), 0, 9, 0, 1]);
    private static readonly byte[] PubAck = [0x40, 2, 0, 9];

    [Fact]
    public void An_ordinary_exchange_is_fine() =>
        Play([Connect, Subscribe, Published], [ConnAck, SubAck, PubAck, Packet(0x32, [.. Text("t/x"), 0, 1, 0, 1])]);

    [Fact]
    public void Something_before_CONNACK_is_noticed() => Refuses("not CONNACK", [Connect], [SubAck]);

    [Fact]
    public void A_second_CONNACK_is_noticed() => Refuses("second CONNACK", [Connect], [ConnAck, ConnAck]);

    [Fact]
    public void Session_present_after_a_clean_start_is_noticed() => Refuses("clean start", [Connect], [[0x20, 3, 1, 0, 0]]);

    [Fact]
    public void Something_after_DISCONNECT_is_noticed() =>
        Refuses("after the last", [Connect, Subscribe], [ConnAck, [0xE0, 1, 0x8B], SubAck]);

    [Fact]
    public void A_SUBACK_with_too_many_reason_codes_is_noticed() =>
        Refuses("another number of reason codes", [Connect, Subscribe], [ConnAck, [0x90, 5, 0, 1, 0, 1, 1]]);

    [Fact]
    public void A_SUBACK_that_grants_more_than_was_asked_for_is_noticed() =>
        Refuses("grants", [Connect, Subscribe], [ConnAck, [0x90, 4, 0, 1, 0, 2]]);

    [Fact]
    public void An_acknowledgement_of_nothing_is_noticed() => Refuses("answers nothing", [Connect, Published], [ConnAck, PubAck, PubAck]);

    [Fact]
    public void A_message_nobody_sent_is_noticed() =>
        Refuses("nobody has sent", [Connect, Subscribe], [ConnAck, SubAck, Packet(0x30, [.. Text("t/x"), 0, 7])]);

    [Fact]
    public void A_message_the_client_did_not_subscribe_to_is_noticed() =>
        Refuses("not subscribed", [Connect, Published], [ConnAck, Packet(0x30, [.. Text("t/x"), 0, 1])]);

    [Fact]
    public void A_message_above_the_granted_QoS_is_noticed() =>
        Refuses("is granted", [Connect, Subscribe, Published], [ConnAck, SubAck, Packet(0x34, [.. Text("t/x"), 0, 1, 0, 1])]);

    [Fact]
    public void A_packet_identifier_in_flight_that_is_used_again_is_noticed() => Refuses(
        "used again",
        [Connect, Subscribe, Published],
        [ConnAck, SubAck, Packet(0x32, [.. Text("t/x"), 0, 1, 0, 1]), Packet(0x32, [.. Text("t/x"), 0, 1, 0, 1])]);

    [Fact]
    public void More_messages_than_the_receive_maximum_are_noticed() => Refuses(
        "receive maximum",
        [Connect, Subscribe, Published],
        [ConnAck, SubAck, Packet(0x32, [.. Text("t/x"), 0, 1, 0, 1]), Packet(0x32, [.. Text("t/x"), 0, 2, 0, 1])]);

    /// <summary>What the client acknowledges unseen may be on its way, and done with when the acknowledgement arrives.</summary>
    [Fact]
    public void A_message_that_was_acknowledged_before_it_was_seen_does_not_count_as_in_flight() => Play(
        [Connect, Subscribe, Published, [0x40, 2, 0, 1]],
        [ConnAck, SubAck, Packet(0x32, [.. Text("t/x"), 0, 1, 0, 1]), Packet(0x32, [.. Text("t/x"), 0, 2, 0, 1])]);

    [Fact]
    public void A_reason_code_of_another_packet_is_noticed() => Refuses("not valid", [Connect, Published], [ConnAck, [0x40, 3, 0, 9, 0x8E]]);

    [Fact]
    public void A_DISCONNECT_to_a_client_of_3_1_1_is_noticed() => Refuses(
        "before MQTT 5", [Packet(0x10, [.. Text("MQTT"), 4, 2, 0, 0, .. Text("t-a")])], [[0x20, 2, 0, 0], [0xE0, 0]]);

    private static void Refuses(string problem, byte[][] sent, byte[][] received) =>
        Should.Throw<FuzzException>(() => Play(sent, received)).Message.ShouldContain(problem);

    private static void Play(byte[][] sent, byte[][] received)
    {
        var messages = new SentMessages();
        var stream = new ClientStream([], messages);
        var rules = new ResponseRules(stream, messages, "t");
        foreach (var bytes in sent)
            stream.Sent(bytes);
        foreach (var bytes in received)
            rules.Check((PacketType)(bytes[0] >> 4), bytes);
    }
}
