namespace Starling.Protocol;

/// <summary>Section 3.8.</summary>
public sealed partial record SubscribePacket
{
    public ushort PacketIdentifier { get; init; }

    /// <summary>1 to 268,435,455.</summary>
    public uint? SubscriptionIdentifier { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    /// <summary>At least one, each with a valid filter, in the order of the packet [MQTT-3.8.3-2].</summary>
    public IReadOnlyList<SubscriptionRequest> Subscriptions { get; init; } = [];
}
