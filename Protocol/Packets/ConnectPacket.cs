namespace Starling.Protocol;

/// <summary>Section 3.1. Properties that are absent, and all of them before MQTT 5, are null.</summary>
public sealed partial record ConnectPacket
{
    public ProtocolVersion ProtocolVersion { get; init; } = ProtocolVersion.Mqtt5;

    /// <summary>May be empty where the version allows it; the server then assigns one.</summary>
    public string ClientIdentifier { get; init; } = "";

    /// <summary>Clean Session before MQTT 5.</summary>
    public bool CleanStart { get; init; } = true;

    /// <summary>Seconds; 0 turns keep alive off.</summary>
    public ushort KeepAlive { get; init; }

    public string? UserName { get; init; }

    public ReadOnlyMemory<byte>? Password { get; init; }

    public Will? Will { get; init; }

    /// <summary>Seconds; <see cref="uint.MaxValue"/> never expires, absent means 0.</summary>
    public uint? SessionExpiryInterval { get; init; }

    /// <summary>Never 0; absent means 65535.</summary>
    public ushort? ReceiveMaximum { get; init; }

    /// <summary>Bytes, never 0; absent means no limit.</summary>
    public uint? MaximumPacketSize { get; init; }

    /// <summary>Absent means 0: no aliases towards the client.</summary>
    public ushort? TopicAliasMaximum { get; init; }

    /// <summary>Absent means false.</summary>
    public bool? RequestResponseInformation { get; init; }

    /// <summary>Absent means true.</summary>
    public bool? RequestProblemInformation { get; init; }

    public string? AuthenticationMethod { get; init; }

    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}
