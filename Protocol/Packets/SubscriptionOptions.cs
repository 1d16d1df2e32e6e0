namespace Starling.Protocol;

/// <summary>When retained messages are sent for a subscription (section 3.8.3.1).</summary>
public enum RetainHandling : byte
{
    SendAtSubscribe = 0,
    SendAtSubscribeIfNew = 1,
    DoNotSend = 2,
}

/// <summary>Before MQTT 5 only <paramref name="MaximumQoS"/> exists and the rest is false and 0.</summary>
public readonly record struct SubscriptionOptions(
    QualityOfService MaximumQoS,
    bool NoLocal = false,
    bool RetainAsPublished = false,
    RetainHandling RetainHandling = RetainHandling.SendAtSubscribe)
{
    /// <summary>The byte on the wire.</summary>
    public byte ToByte() => (byte)((int)MaximumQoS | (NoLocal ? 4 : 0) | (RetainAsPublished ? 8 : 0) | ((int)RetainHandling << 4));

    /// <summary>The reverse of <see cref="ToByte"/>; for a byte that has been checked.</summary>
    public static SubscriptionOptions FromByte(byte value) =>
        new((QualityOfService)(value & 3), (value & 4) != 0, (value & 8) != 0, (RetainHandling)((value >> 4) & 3));
}

public sealed record SubscriptionRequest(string TopicFilter, SubscriptionOptions Options);
