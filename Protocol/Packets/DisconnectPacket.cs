namespace Starling.Protocol;

/// <summary>Section 3.14. Before MQTT 5 it has no fields and only clients send it.</summary>
public sealed partial record DisconnectPacket
{
    public ReasonCode ReasonCode { get; init; }

    /// <summary>Seconds; clients only [MQTT-3.14.2-2].</summary>
    public uint? SessionExpiryInterval { get; init; }

    public string? ReasonString { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    public string? ServerReference { get; init; }
}
