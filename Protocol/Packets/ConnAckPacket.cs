namespace Starling.Protocol;

/// <summary>Section 3.2. Properties that are absent, and all of them before MQTT 5, are null.</summary>
public sealed partial record ConnAckPacket
{
    /// <summary>Never sent to an MQTT 3.1 client, where the bit is reserved.</summary>
    public bool SessionPresent { get; init; }

    /// <summary>Sent as <see cref="ConnectReturnCodes.From"/> says before MQTT 5.</summary>
    public ReasonCode ReasonCode { get; init; }

    /// <summary>Seconds; only when it differs from what the client asked for.</summary>
    public uint? SessionExpiryInterval { get; init; }

    public ushort? ReceiveMaximum { get; init; }

    /// <summary>Absent means QoS 2; on the wire only 0 and 1 exist.</summary>
    public QualityOfService? MaximumQoS { get; init; }

    public bool? RetainAvailable { get; init; }

    /// <summary>Bytes.</summary>
    public uint? MaximumPacketSize { get; init; }

    public string? AssignedClientIdentifier { get; init; }

    public ushort? TopicAliasMaximum { get; init; }

    public string? ReasonString { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    public bool? WildcardSubscriptionAvailable { get; init; }

    public bool? SubscriptionIdentifierAvailable { get; init; }

    public bool? SharedSubscriptionAvailable { get; init; }

    /// <summary>Seconds.</summary>
    public ushort? ServerKeepAlive { get; init; }

    public string? ResponseInformation { get; init; }

    public string? ServerReference { get; init; }

    public string? AuthenticationMethod { get; init; }

    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }
}
