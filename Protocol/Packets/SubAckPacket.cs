namespace Starling.Protocol;

/// <summary>Section 3.9. Before MQTT 5 every failure is sent as 0x80.</summary>
public sealed partial record SubAckPacket
{
    public ushort PacketIdentifier { get; init; }

    public string? ReasonString { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    /// <summary>One for each subscription of the SUBSCRIBE, in its order [MQTT-3.9.3-1].</summary>
    public IReadOnlyList<ReasonCode> ReasonCodes { get; init; } = [];
}
