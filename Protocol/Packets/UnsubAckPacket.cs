namespace Starling.Protocol;

/// <summary>Section 3.11.</summary>
public sealed partial record UnsubAckPacket
{
    public ushort PacketIdentifier { get; init; }

    public string? ReasonString { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    /// <summary>One for each filter of the UNSUBSCRIBE, in its order; neither sent nor received before MQTT 5.</summary>
    public IReadOnlyList<ReasonCode> ReasonCodes { get; init; } = [];
}
