namespace Starling.Protocol;

/// <summary>Section 3.15; MQTT 5 only.</summary>
public sealed partial record AuthPacket
{
    public ReasonCode ReasonCode { get; init; }

    public string? AuthenticationMethod { get; init; }

    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }

    public string? ReasonString { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}
