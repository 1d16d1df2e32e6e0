using System.Text;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization;
using Starling.Cluster.Serialization.Fields;
using Starling.Protocol;

namespace Starling.Cluster.Tests.Serialization;

public sealed class PackedBatchTests
{
    public static TheoryData<string> Batches => ["messages", "deliveries", "push"];

    [Theory]
    [MemberData(nameof(Batches))]
    public void What_is_read_is_written_as_the_same_bytes(string batch) => ReadAndWritten(batch, Sample(batch)).ToArray().ShouldBe(Sample(batch).ToArray());

    [Theory]
    [MemberData(nameof(Batches))]
    public void What_ends_too_early_is_refused(string batch)
    {
        var bytes = Sample(batch);

        for (var length = 1; length < bytes.Length; length++)
            Should.Throw<InvalidDataException>(() => ReadAndWritten(batch, bytes[..length]), $"{length} of {bytes.Length} bytes");
    }

    [Theory]
    [MemberData(nameof(Batches))]
    public void Damaged_bytes_are_refused_or_read_as_something_else_and_nothing_worse(string batch)
    {
        var random = new Random(1);
        for (var i = 0; i < 3000; i++)
        {
            var damaged = Sample(batch).ToArray();
            for (var times = random.Next(1, 4); times > 0; times--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                ReadAndWritten(batch, damaged);
            }
            catch (InvalidDataException)
            {
                // As it should be.
            }
        }
    }

    [Theory]
    [MemberData(nameof(Batches))]
    public void A_later_version_is_refused(string batch)
    {
        var bytes = Sample(batch).ToArray();
        bytes[0]++;

        Should.Throw<InvalidDataException>(() => ReadAndWritten(batch, bytes)).Message.ShouldContain("version 2");
    }

    [Fact]
    public void Nothing_takes_no_bytes()
    {
        PackedBatch.Of(Array.Empty<Message>()).IsEmpty.ShouldBeTrue();
        PackedBatch.Of(Array.Empty<Delivery>()).IsEmpty.ShouldBeTrue();
        PackedBatch.Of(new InboxPush([])).IsEmpty.ShouldBeTrue();
        PackedBatch.ReadMessages(default).ShouldBeEmpty();
        PackedBatch.ReadDeliveries(default).ShouldBeEmpty();
        PackedBatch.ReadPush(default).Entries.ShouldBeEmpty();
    }

    [Fact]
    public void A_message_keeps_everything_that_belongs_to_it()
    {
        var message = Samples.Message();

        var read = PackedBatch.ReadMessages(PackedBatch.Of([message]))[0];

        (read.Topic.Text, read.QoS, read.Retain, read.ExpiresAt, read.Publisher, read.RepeatableIdentifier)
            .ShouldBe((message.Topic.Text, message.QoS, message.Retain, message.ExpiresAt, message.Publisher, message.RepeatableIdentifier));
        read.Payload.ToArray().ShouldBe(message.Payload.ToArray());
        read.ForwardedProperties.ToArray().ShouldBe(message.ForwardedProperties.ToArray());
    }

    [Fact]
    public void A_delivery_keeps_how_its_receiver_gets_it()
    {
        var delivery = Samples.Delivery();

        var read = PackedBatch.ReadDeliveries(PackedBatch.Of([delivery]))[0];

        (read.QoS, read.Retain, read.Group, read.From).ShouldBe((delivery.QoS, delivery.Retain, delivery.Group, delivery.From));
        read.SubscriptionIdentifiers.ShouldBe(delivery.SubscriptionIdentifiers);
    }

    [Fact]
    public void Messages_that_follow_each_other_share_their_topic_and_their_publisher()
    {
        var read = PackedBatch.ReadMessages(PackedBatch.Of(Samples.Batch));

        read[1].Topic.ShouldBeSameAs(read[0].Topic);
        read[1].Publisher.ShouldBeSameAs(read[0].Publisher);
        read[3].Topic.Text.ShouldBe("c");
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

        var read = PackedBatch.ReadMessages(PackedBatch.Of(sent));
        var again = PackedBatch.ReadMessages(PackedBatch.Of(read));

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
    public void A_message_keeps_what_a_later_program_has_put_into_its_frame()
    {
        var frame = MessageFrame.Encode(Samples.Message());
        byte[] later = [frame[0], 200, 2, 7, 7, .. frame.AsSpan(1)];

        MessageFrame.Encode(new MessageFrameReader().Read(later)).ShouldBe(later);
    }

    [Fact]
    public void A_message_costs_few_bytes_beyond_its_own()
    {
        var message = Samples.Message();

        var block = PackedBatch.Of(Enumerable.Repeat(message, 500).ToList());

        (block.Length / 500).ShouldBeLessThan(message.Size + message.Publisher!.ClientId.Length + 52);
    }

    [Fact]
    public void Negative_numbers_come_as_they_are() =>
        PackedBatch.ReadPush(PackedBatch.Of(new InboxPush([new ConnectionEntries("acme", "one", -5, [])]))).Entries[0].Epoch.ShouldBe(-5);

    [Fact]
    public void Skipped_groups_are_not_nested_without_end()
    {
        var output = new WireBuffer(64);
        output.GetSpan(1)[0] = 1;
        output.Advance(1);
        var writer = new WireWriter(output);
        for (var i = 0; i < 100_000; i++)
            writer.Begin(99);

        Should.Throw<InvalidDataException>(() => PackedBatch.ReadMessages(output.Written));
    }

    private static ReadOnlyMemory<byte> Sample(string batch) => batch switch
    {
        "messages" => PackedBatch.Of(Samples.Batch),
        "deliveries" => PackedBatch.Of(Samples.Deliveries),
        _ => PackedBatch.Of(Samples.Push),
    };

    private static ReadOnlyMemory<byte> ReadAndWritten(string batch, ReadOnlyMemory<byte> block) => batch switch
    {
        "messages" => PackedBatch.Of(PackedBatch.ReadMessages(block)),
        "deliveries" => PackedBatch.Of(PackedBatch.ReadDeliveries(block)),
        _ => PackedBatch.Of(PackedBatch.ReadPush(block)),
    };
}
