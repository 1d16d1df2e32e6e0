using System.Buffers;
using Starling.Testing;

namespace Starling.Protocol.Tests;

/// <summary>[MQTT-3.2.2-19] [MQTT-3.2.2-20] [MQTT-3.4.2-2] [MQTT-3.9.2-1] [MQTT-3.11.2-1] [MQTT-3.14.2-3] [MQTT-3.15.2-2].</summary>
public sealed class MaximumPacketSizeTests
{
    private static readonly ReasonCode[] Codes = [ReasonCode.Success];

    private static readonly UserProperty[] UserProperties = [new("name", "value")];

    public static TheoryData<object> Packets =>
    [
        new ConnAckPacket { ReasonString = "why", UserProperties = UserProperties },
        new SubAckPacket { PacketIdentifier = 1, ReasonCodes = Codes, ReasonString = "why", UserProperties = UserProperties },
        new UnsubAckPacket { PacketIdentifier = 1, ReasonCodes = Codes, ReasonString = "why", UserProperties = UserProperties },
        new DisconnectPacket { ReasonCode = ReasonCode.ServerBusy, ReasonString = "why", UserProperties = UserProperties },
        new AuthPacket { AuthenticationMethod = "m", ReasonString = "why", UserProperties = UserProperties },
        new AckPacket(PacketType.PubAck, 1, ReasonCode.QuotaExceeded) { ReasonString = "why", UserProperties = UserProperties },
    ];

    [Theory]
    [MemberData(nameof(Packets))]
    public void User_properties_go_first_then_the_reason_string_and_then_the_packet_does_not_fit(object packet)
    {
        var all = AnyPacket.Encode(packet, ProtocolVersion.Mqtt5);
        Encode(packet, (uint)all.Length).ShouldBe(all);

        var withoutUserProperties = Encode(packet, (uint)all.Length - 1).ShouldNotBeNull();
        withoutUserProperties.Length.ShouldBeLessThan(all.Length);
        (ReasonString(withoutUserProperties), UserPropertyCount(withoutUserProperties)).ShouldBe(("why", 0));

        var bare = Encode(packet, (uint)withoutUserProperties.Length - 1).ShouldNotBeNull();
        (ReasonString(bare), UserPropertyCount(bare)).ShouldBe((null, 0));

        Encode(packet, (uint)bare.Length - 1).ShouldBeNull();
    }

    private static byte[]? Encode(object packet, uint maximum)
    {
        var writer = new ArrayBufferWriter<byte>();
        var encoded = packet switch
        {
            ConnAckPacket connAck => connAck.Encode(writer, ProtocolVersion.Mqtt5, maximum),
            SubAckPacket subAck => subAck.Encode(writer, ProtocolVersion.Mqtt5, maximum),
            UnsubAckPacket unsubAck => unsubAck.Encode(writer, ProtocolVersion.Mqtt5, maximum),
            DisconnectPacket disconnect => disconnect.Encode(writer, ProtocolVersion.Mqtt5, maximum),
            AuthPacket auth => auth.Encode(writer, ProtocolVersion.Mqtt5, maximum),
            _ => ((AckPacket)packet).Encode(writer, ProtocolVersion.Mqtt5, maximum),
        };
        writer.WrittenCount.ShouldBeLessThanOrEqualTo((int)maximum);
        (writer.WrittenCount > 0).ShouldBe(encoded);
        return encoded ? writer.WrittenSpan.ToArray() : null;
    }

    private static string? ReasonString(byte[] bytes) => AnyPacket.Decode(bytes, ProtocolVersion.Mqtt5, PublishSender.Server) switch
    {
        ConnAckPacket connAck => connAck.ReasonString,
        SubAckPacket subAck => subAck.ReasonString,
        UnsubAckPacket unsubAck => unsubAck.ReasonString,
        DisconnectPacket disconnect => disconnect.ReasonString,
        AuthPacket auth => auth.ReasonString,
        var ack => ((AckPacket)ack).ReasonString,
    };

    private static int UserPropertyCount(byte[] bytes) => AnyPacket.Decode(bytes, ProtocolVersion.Mqtt5, PublishSender.Server) switch
    {
        ConnAckPacket connAck => connAck.UserProperties.Count,
        SubAckPacket subAck => subAck.UserProperties.Count,
        UnsubAckPacket unsubAck => unsubAck.UserProperties.Count,
        DisconnectPacket disconnect => disconnect.UserProperties.Count,
        AuthPacket auth => auth.UserProperties.Count,
        var ack => ((AckPacket)ack).UserProperties?.Count ?? 0,
    };
}
