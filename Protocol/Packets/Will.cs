namespace Starling.Protocol;

/// <summary>The message a server publishes when a connection ends without a normal DISCONNECT.</summary>
public sealed record Will
{
    public required string Topic { get; init; }

    public ReadOnlyMemory<byte> Payload { get; init; }

    public QualityOfService QoS { get; init; }

    public bool Retain { get; init; }

    /// <summary>Seconds; 0 when absent.</summary>
    public uint WillDelayInterval { get; init; }

    /// <summary>Seconds; null when the message does not expire.</summary>
    public uint? MessageExpiryInterval { get; init; }

    /// <summary>
    /// The encoded properties that a server passes on untouched and in order: all but the will delay and message expiry intervals.
    /// <see cref="PublishProperties"/> reads and writes them.
    /// </summary>
    public ReadOnlyMemory<byte> ForwardedProperties { get; init; }
}
