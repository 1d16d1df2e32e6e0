using System.Buffers;

namespace Starling.Protocol;

/// <summary>PINGREQ (section 3.12), which has no body.</summary>
public sealed record PingReqPacket : IPacketBody
{
    public static ReadOnlySpan<byte> Bytes => [(byte)PacketType.PingReq << 4, 0];

    /// <exception cref="MqttProtocolException">There is a body.</exception>
    public static PingReqPacket Decode(ReadOnlySpan<byte> body, ProtocolVersion version)
    {
        new PacketReader(body, PacketType.PingReq).RequireEnd();
        return new();
    }

    public void Encode(IBufferWriter<byte> writer, ProtocolVersion version) =>
        PacketEncoder.Encode(this, (byte)PacketType.PingReq << 4, writer, version);

    void IPacketBody.WriteBody(ref PacketWriter writer, ProtocolVersion version, Diagnostics diagnostics)
    {
    }
}

/// <summary>PINGRESP (section 3.13), which has no body.</summary>
public sealed record PingRespPacket : IPacketBody
{
    public static ReadOnlySpan<byte> Bytes => [(byte)PacketType.PingResp << 4, 0];

    /// <exception cref="MqttProtocolException">There is a body.</exception>
    public static PingRespPacket Decode(ReadOnlySpan<byte> body, ProtocolVersion version)
    {
        new PacketReader(body, PacketType.PingResp).RequireEnd();
        return new();
    }

    public void Encode(IBufferWriter<byte> writer, ProtocolVersion version) =>
        PacketEncoder.Encode(this, (byte)PacketType.PingResp << 4, writer, version);

    void IPacketBody.WriteBody(ref PacketWriter writer, ProtocolVersion version, Diagnostics diagnostics)
    {
    }
}
