using System.Buffers;
using System.Buffers.Binary;

namespace Starling.Protocol;

/// <summary>PUBACK, PUBREC, PUBREL and PUBCOMP (sections 3.4 to 3.7), which look the same.</summary>
public readonly struct AckPacket(PacketType type, ushort packetIdentifier, ReasonCode reasonCode = ReasonCode.Success) : IPacketBody, IHasProperties
{
    public PacketType Type { get; } = type;

    public ushort PacketIdentifier { get; } = packetIdentifier;

    /// <summary>Always success before MQTT 5.</summary>
    public ReasonCode ReasonCode { get; } = reasonCode;

    public string? ReasonString { get; init; }

    /// <summary>Null when there are none.</summary>
    public IReadOnlyList<UserProperty>? UserProperties { get; init; }

    /// <summary>Most bytes that <see cref="Write"/> needs.</summary>
    public const int MaximumShortLength = 5;

    /// <summary>Allocates only for a reason string or user properties.</summary>
    /// <exception cref="MqttProtocolException">MalformedPacket or ProtocolError.</exception>
    public static AckPacket Decode(PacketType type, ReadOnlySpan<byte> body, ProtocolVersion version)
    {
        var reader = new PacketReader(body, type);
        var packetIdentifier = reader.ReadPacketIdentifier();
        if (version != ProtocolVersion.Mqtt5 || reader.Remaining == 0)
        {
            reader.RequireEnd();
            return new(type, packetIdentifier);
        }

        var reasonCode = (ReasonCode)reader.ReadByte();
        if (!ReasonCodeRules.IsValidFor(type, reasonCode))
            throw reader.ProtocolError($"reason code 0x{(byte)reasonCode:X2} is not one of the packet's [MQTT-3.4.2-1] and the like");
        if (reader.Remaining == 0)
            return new(type, packetIdentifier, reasonCode);

        var (reasonString, userProperties) = AckBodies.ReadDiagnostics(ref reader, version);
        reader.RequireEnd();
        return new(type, packetIdentifier, reasonCode) { ReasonString = reasonString, UserProperties = userProperties };
    }

    /// <inheritdoc cref="ConnAckPacket.Encode"/>
    public bool Encode(IBufferWriter<byte> writer, ProtocolVersion version, uint maximumPacketSize = uint.MaxValue) =>
        PacketEncoder.TryEncode(this, FirstByte, writer, version, maximumPacketSize);

    /// <summary>
    /// Writes the packet without reason string and user properties: four bytes, or five when MQTT 5 has a reason to tell.
    /// Returns the number of bytes; <paramref name="destination"/> has room for <see cref="MaximumShortLength"/>.
    /// </summary>
    public int Write(Span<byte> destination, ProtocolVersion version)
    {
        var hasReason = version == ProtocolVersion.Mqtt5 && ReasonCode != ReasonCode.Success;
        destination[0] = FirstByte;
        destination[1] = (byte)(hasReason ? 3 : 2);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], PacketIdentifier);
        if (!hasReason)
            return 4;
        destination[4] = (byte)ReasonCode;
        return 5;
    }

    private byte FirstByte => (byte)(((int)Type << 4) | (Type == PacketType.PubRel ? 2 : 0));

    void IPacketBody.WriteBody(ref PacketWriter writer, ProtocolVersion version, Diagnostics diagnostics)
    {
        writer.WriteUInt16(PacketIdentifier);
        var hasProperties = PropertyWriting.PropertyBlockLength(this, diagnostics) > 0;
        if (version != ProtocolVersion.Mqtt5 || (ReasonCode == ReasonCode.Success && !hasProperties))
            return;
        writer.WriteByte((byte)ReasonCode);
        if (hasProperties)
            writer.WritePropertyBlock(this, diagnostics);
    }

    void IHasProperties.WriteProperties(ref PacketWriter writer, Diagnostics diagnostics) =>
        writer.WriteDiagnostics(ReasonString, UserProperties, diagnostics);
}
