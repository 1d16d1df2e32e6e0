using System.Buffers;

namespace Starling.Protocol;

/// <summary>Section 3.11.</summary>
public sealed record UnsubAckPacket : IPacketBody, IHasProperties
{
    public ushort PacketIdentifier { get; init; }

    public string? ReasonString { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    /// <summary>One for each filter of the UNSUBSCRIBE, in its order; neither sent nor received before MQTT 5.</summary>
    public IReadOnlyList<ReasonCode> ReasonCodes { get; init; } = [];

    /// <exception cref="MqttProtocolException">MalformedPacket or ProtocolError.</exception>
    public static UnsubAckPacket Decode(ReadOnlySpan<byte> body, ProtocolVersion version)
    {
        var reader = new PacketReader(body, PacketType.UnsubAck);
        var packetIdentifier = reader.ReadPacketIdentifier();
        var (reasonString, userProperties) = AckBodies.ReadDiagnostics(ref reader, version);
        var reasonCodes = version == ProtocolVersion.Mqtt5 ? AckBodies.ReadReasonCodes(ref reader, version) : [];
        reader.RequireEnd();
        return new()
        {
            PacketIdentifier = packetIdentifier,
            ReasonString = reasonString,
            UserProperties = userProperties ?? [],
            ReasonCodes = reasonCodes,
        };
    }

    /// <inheritdoc cref="ConnAckPacket.Encode"/>
    public bool Encode(IBufferWriter<byte> writer, ProtocolVersion version, uint maximumPacketSize = uint.MaxValue) =>
        PacketEncoder.TryEncode(this, (byte)PacketType.UnsubAck << 4, writer, version, maximumPacketSize);

    void IPacketBody.WriteBody(ref PacketWriter writer, ProtocolVersion version, Diagnostics diagnostics)
    {
        writer.WriteUInt16(PacketIdentifier);
        if (version != ProtocolVersion.Mqtt5)
            return;
        writer.WritePropertyBlock(this, diagnostics);
        foreach (var code in ReasonCodes)
            writer.WriteByte((byte)code);
    }

    void IHasProperties.WriteProperties(ref PacketWriter writer, Diagnostics diagnostics) =>
        writer.WriteDiagnostics(ReasonString, UserProperties, diagnostics);
}
