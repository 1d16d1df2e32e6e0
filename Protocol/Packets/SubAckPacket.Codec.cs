using System.Buffers;

namespace Starling.Protocol;

public sealed partial record SubAckPacket : IPacketBody, IHasProperties
{
    /// <exception cref="MqttProtocolException">MalformedPacket or ProtocolError.</exception>
    public static SubAckPacket Decode(ReadOnlySpan<byte> body, ProtocolVersion version)
    {
        var reader = new PacketReader(body, PacketType.SubAck);
        var packetIdentifier = reader.ReadPacketIdentifier();
        var (reasonString, userProperties) = AckBodies.ReadDiagnostics(ref reader, version);
        return new()
        {
            PacketIdentifier = packetIdentifier,
            ReasonString = reasonString,
            UserProperties = userProperties ?? [],
            ReasonCodes = AckBodies.ReadReasonCodes(ref reader, version),
        };
    }

    /// <inheritdoc cref="ConnAckPacket.Encode"/>
    public bool Encode(IBufferWriter<byte> writer, ProtocolVersion version, uint maximumPacketSize = uint.MaxValue) =>
        PacketEncoder.TryEncode(this, (byte)PacketType.SubAck << 4, writer, version, maximumPacketSize);

    void IPacketBody.WriteBody(ref PacketWriter writer, ProtocolVersion version, Diagnostics diagnostics)
    {
        writer.WriteUInt16(PacketIdentifier);
        if (version == ProtocolVersion.Mqtt5)
            writer.WritePropertyBlock(this, diagnostics);
        foreach (var code in ReasonCodes)
            writer.WriteByte((byte)(version == ProtocolVersion.Mqtt5 ? code : ConnectReturnCodes.ForSubAck(code)));
    }

    void IHasProperties.WriteProperties(ref PacketWriter writer, Diagnostics diagnostics) =>
        writer.WriteDiagnostics(ReasonString, UserProperties, diagnostics);
}
