using System.Text;
using Starling.Testing;

namespace Starling.Protocol.Tests;

public sealed class PublishPacketTests
{
    [Fact]
    public void Every_field_of_a_maximal_publish_is_decoded()
    {
        var publish = Decode("PUBLISH maximal from a client", PublishSender.Client);
        publish.Dup.ShouldBeTrue();
        publish.QoS.ShouldBe(QualityOfService.ExactlyOnce);
        publish.Retain.ShouldBeTrue();
        Encoding.UTF8.GetString(publish.Topic).ShouldBe("a/b");
        publish.PacketIdentifier.ShouldBe((ushort)7);
        publish.TopicAlias.ShouldBe((ushort)3);
        publish.MessageExpiryInterval.ShouldBe(60u);
        publish.Payload.ToArray().ShouldBe([1, 2, 3]);

        var properties = PublishProperties.Parse(publish.RawProperties);
        properties.PayloadFormatIndicator.ShouldBe(true);
        properties.ContentType.ShouldBe("text/plain");
        properties.ResponseTopic.ShouldBe("reply/to");
        properties.CorrelationData!.Value.ToArray().ShouldBe([0, 255]);
        properties.UserProperties.ShouldBe([new("k", "1"), new("k", "2"), new("a", "")]);
        properties.TopicAlias.ShouldBe((ushort)3);
        properties.MessageExpiryInterval.ShouldBe(60u);
    }

    [Fact]
    public void Subscription_identifiers_from_a_server_are_decoded_and_not_forwarded()
    {
        var publish = Decode("PUBLISH maximal from a server", PublishSender.Server);
        PublishProperties.Parse(publish.RawProperties).SubscriptionIdentifiers.ShouldBe([1u, 268_435_455u]);
        byte[] expected = [1, 0, .. Raw.UserProperty("k", "1"), 3, .. Raw.Text("t")];
        Forwarded(publish).ShouldBe(expected);
    }

    [Fact]
    public void Forwarded_properties_keep_their_order_when_expiry_and_alias_are_taken_out()
    {
        var publish = Decode("PUBLISH with expiry between forwarded properties", PublishSender.Client);
        byte[] expected = [.. Raw.UserProperty("b", "1"), .. Raw.UserProperty("a", "2"), 1, 1];
        Forwarded(publish).ShouldBe(expected);
    }

    [Fact]
    public void A_publish_before_5_has_no_properties()
    {
        var publish = PublishPacket.Decode(0, PacketCatalogue.Named("PUBLISH at QoS 0 in 3.1.1").Bytes.AsSpan(2), ProtocolVersion.Mqtt311,
            PublishSender.Client);
        publish.RawProperties.IsEmpty.ShouldBeTrue();
        publish.ForwardedPropertiesLength.ShouldBe(0);
        publish.PacketIdentifier.ShouldBe((ushort)0);
        publish.Payload.ToArray().ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void The_payload_is_checked_for_utf8_only_when_asked()
    {
        var body = Raw.Packet(0x30, [.. Raw.Text("a"), 2, 1, 1, 0xFF]);
        PublishPacket.Decode(0, body.AsSpan(2), ProtocolVersion.Mqtt5, PublishSender.Client).PayloadIsValidUtf8().ShouldBeFalse();
        body[^1] = 0x41;
        PublishPacket.Decode(0, body.AsSpan(2), ProtocolVersion.Mqtt5, PublishSender.Client).PayloadIsValidUtf8().ShouldBeTrue();
    }

    [Theory]
    [InlineData("PUBLISH at QoS 0 in 3.1.1")]
    [InlineData("PUBLISH at QoS 2 in 3.1.1")]
    [InlineData("PUBLISH maximal from a client")]
    public void Decoding_allocates_nothing(string name)
    {
        var packet = PacketCatalogue.Named(name);
        var forwarded = new byte[200];
        Allocations.Of(() =>
        {
            Framing.TryReadFixedHeader(packet.Bytes, 1_000_000, out var header);
            var publish = PublishPacket.Decode(header.Flags, packet.Bytes.AsSpan(header.Length), packet.Version, packet.Sender);
            TopicNames.Validate(publish.Topic);
            publish.CopyForwardedProperties(forwarded);
            return publish.Payload.Length + (int)TopicHash.Compute(publish.Topic);
        }).ShouldBe(0);
    }

    private static PublishPacket Decode(string name, PublishSender sender)
    {
        var bytes = PacketCatalogue.Named(name).Bytes;
        Framing.TryReadFixedHeader(bytes, int.MaxValue, out var header).ShouldBeTrue();
        return PublishPacket.Decode(header.Flags, bytes.AsSpan(header.Length), ProtocolVersion.Mqtt5, sender);
    }

    private static byte[] Forwarded(PublishPacket publish)
    {
        var forwarded = new byte[publish.ForwardedPropertiesLength];
        publish.CopyForwardedProperties(forwarded);
        return forwarded;
    }
}
