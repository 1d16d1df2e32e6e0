using Starling.Testing;

namespace Starling.Protocol.Tests;

public sealed class PublishHeadTests
{
    [Fact]
    public void Before_5_nothing_but_topic_and_packet_identifier_is_written()
    {
        var head = new PublishHead
        {
            Version = ProtocolVersion.Mqtt311,
            QoS = QualityOfService.AtLeastOnce,
            Topic = "a/b"u8,
            PacketIdentifier = 258,
            TopicAlias = 1,
            MessageExpiryInterval = 5,
            SubscriptionIdentifiers = [1],
            ForwardedProperties = [1, 1],
            PayloadLength = 10,
        };
        Write(head).ShouldBe([0x32, 17, .. Raw.Text("a/b"), 1, 2]);
        head.PacketLength.ShouldBe(19);
    }

    [Fact]
    public void All_properties_are_written_in_5()
    {
        var head = new PublishHead
        {
            Version = ProtocolVersion.Mqtt5,
            Dup = true,
            QoS = QualityOfService.ExactlyOnce,
            Retain = true,
            Topic = "t"u8,
            PacketIdentifier = 1,
            TopicAlias = 2,
            MessageExpiryInterval = 3,
            SubscriptionIdentifiers = [4, 128],
            ForwardedProperties = [1, 1],
            PayloadLength = 1,
        };
        Write(head).ShouldBe(Raw.Packet(0x3D,
            [.. Raw.Text("t"), 0, 1, .. Raw.Props(35, 0, 2, 2, 0, 0, 0, 3, 11, 4, 11, 0x80, 1, 1, 1), 0])[..^1]);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(124, 2)]
    [InlineData(125, 3)]
    [InlineData(16_380, 3)]
    [InlineData(16_381, 4)]
    [InlineData(2_097_149, 5)]
    public void The_header_grows_with_the_payload(int payloadLength, int headerLength)
    {
        var head = new PublishHead { Version = ProtocolVersion.Mqtt311, Topic = "t"u8, PayloadLength = payloadLength };
        head.Length.ShouldBe(headerLength + 3);
        var written = Write(head);
        Framing.TryReadFixedHeader(written, int.MaxValue, out var header).ShouldBeTrue();
        header.RemainingLength.ShouldBe(3 + payloadLength);
    }

    [Fact]
    public void A_packet_that_mqtt_cannot_express_is_not_written() => Should.Throw<ArgumentException>(() =>
        new PublishHead { Version = ProtocolVersion.Mqtt311, Topic = "t"u8, PayloadLength = Framing.MaximumRemainingLength }
            .Write(new byte[100]));

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    public void Writing_allocates_nothing(ProtocolVersion version)
    {
        var destination = new byte[100];
        uint[] identifiers = [1, 2];
        Allocations.Of(() =>
        {
            var head = new PublishHead
            {
                Version = version,
                QoS = QualityOfService.AtLeastOnce,
                Topic = "some/topic"u8,
                PacketIdentifier = 5,
                MessageExpiryInterval = 7,
                SubscriptionIdentifiers = identifiers,
                ForwardedProperties = [1, 1],
                PayloadLength = 100,
            };
            return head.Length + head.Write(destination);
        }).ShouldBe(0);
    }

    private static byte[] Write(PublishHead head)
    {
        var written = new byte[head.Length];
        head.Write(written).ShouldBe(head.Length);
        return written;
    }
}
