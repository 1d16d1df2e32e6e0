namespace Starling.Protocol;

/// <summary>Section 3.10.</summary>
public sealed partial record UnsubscribePacket
{
    public ushort PacketIdentifier { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    /// <summary>At least one, each valid [MQTT-3.10.3-2].</summary>
    public IReadOnlyList<string> TopicFilters { get; init; } = [];
}
