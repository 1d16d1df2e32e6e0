using System.Buffers;
using System.Text;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization;
using Starling.Protocol;

namespace Starling.Cluster.Tests.Serialization;

public class WireCodecTests
{
    [Theory]
    [MemberData(nameof(Samples.All), MemberType = typeof(Samples))]
    public void What_is_read_is_written_as_the_same_bytes(Type type, object value)
    {
        var bytes = Written(type, value);

        Written(type, WireCodec.Read(type, bytes)!).ShouldBe(bytes);
    }

    [Theory]
    [MemberData(nameof(Samples.All), MemberType = typeof(Samples))]
    public void What_ends_too_early_is_refused(Type type, object value)
    {
        var bytes = Written(type, value);

        for (var length = 0; length < bytes.Length; length++)
            Should.Throw<InvalidDataException>(() => WireCodec.Read(type, bytes.AsMemory(0, length)), $"{length} of {bytes.Length} bytes");
    }

    [Theory]
    [MemberData(nameof(Samples.All), MemberType = typeof(Samples))]
    public void Damaged_bytes_are_refused_or_read_as_something_else_and_nothing_worse(Type type, object value)
    {
        var random = new Random(1);
        var bytes = Written(type, value);
        for (var i = 0; i < 3000; i++)
        {
            var damaged = (byte[])bytes.Clone();
            for (var times = random.Next(1, 4); times > 0; times--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                WireCodec.Read(type, damaged);
            }
            catch (InvalidDataException)
            {
                // As it should be.
            }
        }
    }

    [Fact]
    public void A_message_keeps_everything_that_belongs_to_it()
    {
        var message = Samples.Message();

        var read = WireCodec.Read<Message>(Written(typeof(Message), message));

        (read.Topic.Text, read.QoS, read.Retain, read.ExpiresAt, read.Publisher, read.RepeatableIdentifier)
            .ShouldBe((message.Topic.Text, message.QoS, message.Retain, message.ExpiresAt, message.Publisher, message.RepeatableIdentifier));
        read.Payload.ToArray().ShouldBe(message.Payload.ToArray());
        read.ForwardedProperties.ToArray().ShouldBe(message.ForwardedProperties.ToArray());
    }

    [Fact]
    public void A_delivery_keeps_how_its_receiver_gets_it()
    {
        var delivery = Samples.Delivery();

        var read = WireCodec.Read<Delivery>(Written(typeof(Delivery), delivery));

        (read.QoS, read.Retain, read.Group, read.From).ShouldBe((delivery.QoS, delivery.Retain, delivery.Group, delivery.From));
        read.SubscriptionIdentifiers.ShouldBe(delivery.SubscriptionIdentifiers);
    }

    [Fact]
    public void Messages_that_follow_each_other_share_their_topic_and_their_publisher()
    {
        var read = WireCodec.Read<ShardTransfer>(Written(typeof(ShardTransfer), Samples.ShardTransfer));

        read.Messages[1].Topic.ShouldBeSameAs(read.Messages[0].Topic);
        read.Messages[1].Publisher.ShouldBeSameAs(read.Messages[0].Publisher);
        read.Messages[3].Topic.Text.ShouldBe("c");
    }

    [Fact]
    public void Messages_that_differ_only_in_what_they_carry_are_told_apart_and_so_are_others()
    {
        var topic = new Topic("a/b");
        var publisher = new Publisher("one", 3, 4);
        Message[] sent =
        [
            Made("1"), Made("22"), Made("333", properties: 5), Made("", properties: 2), Made("4", retain: true), Made("5", identifier: 9), Made("6", identifier: 10),
            Made("7", expiresAt: 1_700_000_000_000), Made("8"), Message.Create(new Topic("a/c"), "9"u8, publisher: publisher), Made("10"),
        ];

        var read = WireCodec.Read<IReadOnlyList<Message>>(Written(typeof(IReadOnlyList<Message>), sent));
        var again = WireCodec.Read<IReadOnlyList<Message>>(Written(typeof(IReadOnlyList<Message>), read));

        read.Select(Told).ShouldBe(sent.Select(Told));
        again.Select(Told).ShouldBe(sent.Select(Told));

        Message Made(string payload, int properties = 0, bool retain = false, ushort identifier = 0, long expiresAt = Message.Never) => Message.Create(
            topic,
            Encoding.UTF8.GetBytes(payload),
            identifier > 0 ? QualityOfService.ExactlyOnce : QualityOfService.AtMostOnce,
            retain,
            new byte[properties],
            expiresAt,
            publisher,
            identifier);

        static string Told(Message message) =>
            $"{message.Topic} {message.QoS} {message.Retain} {message.ExpiresAt} {message.Publisher?.ClientId} {message.Publisher?.Epoch} {message.RepeatableIdentifier} {message.ForwardedProperties.Length} {Encoding.UTF8.GetString(message.Payload)}";
    }

    [Fact]
    public void A_message_goes_on_with_what_a_later_program_has_put_into_its_frame()
    {
        var frame = MessageFrame.Encode(Samples.Message());
        byte[] later = [frame[0], 200, 2, 7, 7, .. frame.AsSpan(1)];

        MessageFrame.Encode(new MessageFrameReader().Read(later)).ShouldBe(later);
    }

    [Fact]
    public void A_transfer_keeps_its_lane()
    {
        var transfer = Samples.ShardTransfer with { Lane = ShardLane.Direct };

        WireCodec.Read<ShardTransfer>(Written(typeof(ShardTransfer), transfer)).Lane.ShouldBe(ShardLane.Direct);
    }

    [Fact]
    public void A_transfer_that_brings_neither_routes_nor_messages_takes_few_bytes()
    {
        Written(typeof(ShardTransfer), new ShardTransfer("edge-1", true, 1_700_000_000_001, 12, null, [])).Length.ShouldBeLessThan(24);
    }

    [Fact]
    public void A_message_costs_few_bytes_beyond_its_own()
    {
        var message = Samples.Message();
        var messages = Enumerable.Repeat(message, 500).ToList();

        (Written(typeof(IReadOnlyList<Message>), messages).Length / 500).ShouldBeLessThan(message.Size + message.Publisher!.ClientId.Length + 52);
    }

    [Fact]
    public void Negative_numbers_come_as_they_are()
    {
        var push = new InboxPush([new ConnectionEntries("acme", "one", -5, [])]);

        WireCodec.Read<InboxPush>(Written(typeof(InboxPush), push)).Entries[0].Epoch.ShouldBe(-5);
    }

    [Fact]
    public void No_summary_is_a_value_too()
    {
        WireCodec.Read<InboxSummary?>(Written(typeof(InboxSummary?), null)).ShouldBeNull();
    }

    [Fact]
    public void A_will_keeps_whose_it_is()
    {
        var read = WireCodec.Read<SessionConnect>(Written(typeof(SessionConnect), Samples.Connect));

        read.Will!.User.ShouldBe(Samples.Connect.Will!.User);
        read.Will.Message.Payload.ToArray().ShouldBe(Samples.Connect.Will.Message.Payload.ToArray());
        (read.Address, read.Attempt, read.ExpirySeconds).ShouldBe((Samples.Connect.Address, Samples.Connect.Attempt, Samples.Connect.ExpirySeconds));
    }

    [Fact]
    public void A_later_version_is_refused()
    {
        var bytes = Written(typeof(ShardTransfer), Samples.ShardTransfer);
        bytes[0]++;

        Should.Throw<InvalidDataException>(() => WireCodec.Read<ShardTransfer>(bytes)).Message.ShouldContain("version 2");
    }

    [Fact]
    public void A_type_that_does_not_go_between_processes_is_refused()
    {
        WireCodec.Supports(typeof(StringBuilder)).ShouldBeFalse();
        Should.Throw<NotSupportedException>(() => Written(typeof(StringBuilder), new StringBuilder()));
    }

    private static byte[] Written(Type type, object? value)
    {
        var output = new ArrayBufferWriter<byte>();
        WireCodec.Write(type, value, output);
        return output.WrittenSpan.ToArray();
    }
}
