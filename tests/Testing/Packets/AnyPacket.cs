using System.Buffers;
using Starling.Protocol;

namespace Starling.Testing;

/// <summary>The codec for packets whose type is not known beforehand.</summary>
public static class AnyPacket
{
    /// <summary>Decodes one whole packet; PUBLISH becomes a <see cref="PublishMessage"/>.</summary>
    /// <exception cref="MqttProtocolException">The packet is not valid.</exception>
    public static object Decode(ReadOnlySpan<byte> packet, ProtocolVersion version, PublishSender sender)
    {
        if (!Framing.TryReadFixedHeader(packet, int.MaxValue, out var header, version) || packet.Length != header.PacketLength)
            throw new ArgumentException("not exactly one packet", nameof(packet));
        var body = packet[header.Length..];
        return header.Type switch
        {
            PacketType.Connect => ConnectPacket.Decode(body),
            PacketType.ConnAck => ConnAckPacket.Decode(body, version),
            PacketType.Publish => PublishMessage.Decode(header.Flags, body, version, sender),
            PacketType.Subscribe => SubscribePacket.Decode(body, version),
            PacketType.SubAck => SubAckPacket.Decode(body, version),
            PacketType.Unsubscribe => UnsubscribePacket.Decode(body, version),
            PacketType.UnsubAck => UnsubAckPacket.Decode(body, version),
            PacketType.PingReq => PingReqPacket.Decode(body, version),
            PacketType.PingResp => PingRespPacket.Decode(body, version),
            PacketType.Disconnect => DisconnectPacket.Decode(body, version, sender),
            PacketType.Auth => AuthPacket.Decode(body, version),
            _ => AckPacket.Decode(header.Type, body, version),
        };
    }

    public static byte[] Encode(object packet, ProtocolVersion version)
    {
        var writer = new ArrayBufferWriter<byte>();
        switch (packet)
        {
            case ConnectPacket connect: connect.Encode(writer, version); break;
            case ConnAckPacket connAck: connAck.Encode(writer, version); break;
            case PublishMessage publish: publish.Encode(writer, version); break;
            case AckPacket ack: ack.Encode(writer, version); break;
            case SubscribePacket subscribe: subscribe.Encode(writer, version); break;
            case SubAckPacket subAck: subAck.Encode(writer, version); break;
            case UnsubscribePacket unsubscribe: unsubscribe.Encode(writer, version); break;
            case UnsubAckPacket unsubAck: unsubAck.Encode(writer, version); break;
            case PingReqPacket pingReq: pingReq.Encode(writer, version); break;
            case PingRespPacket pingResp: pingResp.Encode(writer, version); break;
            case DisconnectPacket disconnect: disconnect.Encode(writer, version); break;
            case AuthPacket auth: auth.Encode(writer, version); break;
            default: throw new ArgumentException($"{packet.GetType().Name} is no packet", nameof(packet));
        }
        return writer.WrittenSpan.ToArray();
    }
}
