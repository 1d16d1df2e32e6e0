using System.Buffers;

namespace Starling.Protocol;

/// <summary>Section 3.9. Before MQTT 5 every failure is sent as 0x80.</summary>
public sealed record SubAckPacket : IPacketBody, IHasProperties
{
    public ushort PacketIdentifier { get; init; }

    public string? ReasonString { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    /// <summary>One for each subscription of the SUBSCRIBE, in its order [MQTT-3.9.3-1].</summary>
    public IReadOnlyList<ReasonCode> ReasonCodes { get; init; } = [];

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
