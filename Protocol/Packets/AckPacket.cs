namespace Starling.Protocol;

/// <summary>PUBACK, PUBREC, PUBREL and PUBCOMP (sections 3.4 to 3.7), which look the same.</summary>
public readonly partial struct AckPacket(PacketType type, ushort packetIdentifier, ReasonCode reasonCode = ReasonCode.Success)
{
    public PacketType Type { get; } = type;

    public ushort PacketIdentifier { get; } = packetIdentifier;

    /// <summary>Always success before MQTT 5.</summary>
    public ReasonCode ReasonCode { get; } = reasonCode;

    public string? ReasonString { get; init; }

    /// <summary>Null when there are none.</summary>
    public IReadOnlyList<UserProperty>? UserProperties { get; init; }
}
