using Starling.Testing;

namespace Starling.Protocol.Tests;

public sealed class AckPacketTests
{
    [Theory]
    [InlineData(PacketType.PubAck, ReasonCode.Success, ProtocolVersion.Mqtt5)]
    [InlineData(PacketType.PubAck, ReasonCode.NoMatchingSubscribers, ProtocolVersion.Mqtt5)]
    [InlineData(PacketType.PubRec, ReasonCode.QuotaExceeded, ProtocolVersion.Mqtt311)]
    [InlineData(PacketType.PubRel, ReasonCode.PacketIdentifierNotFound, ProtocolVersion.Mqtt5)]
    [InlineData(PacketType.PubComp, ReasonCode.Success, ProtocolVersion.Mqtt31)]
    public void The_short_way_writes_what_the_encoder_does(PacketType type, ReasonCode reasonCode, ProtocolVersion version)
    {
        var ack = new AckPacket(type, 4711, reasonCode);
        var written = new byte[AckPacket.MaximumShortLength];
        written[..ack.Write(written, version)].ShouldBe(AnyPacket.Encode(ack, version));
    }

    [Fact]
    public void The_reason_string_and_user_properties_are_decoded()
    {
        var ack = (AckPacket)AnyPacket.Decode(PacketCatalogue.Named("PUBACK maximal").Bytes, ProtocolVersion.Mqtt5, PublishSender.Server);
        ack.Type.ShouldBe(PacketType.PubAck);
        ack.PacketIdentifier.ShouldBe((ushort)1);
        ack.ReasonCode.ShouldBe(ReasonCode.PayloadFormatInvalid);
        ack.ReasonString.ShouldBe("why");
        ack.UserProperties.ShouldBe([new UserProperty("a", "1")]);
    }

    [Theory]
    [InlineData(new byte[] { 0, 1 })]
    [InlineData(new byte[] { 0, 1, 0x10 })]
    [InlineData(new byte[] { 0, 1, 0x10, 0 })]
    public void Decoding_without_properties_allocates_nothing(byte[] body) => Allocations.Of(() =>
        AckPacket.Decode(PacketType.PubAck, body, ProtocolVersion.Mqtt5).PacketIdentifier).ShouldBe(0);
}
