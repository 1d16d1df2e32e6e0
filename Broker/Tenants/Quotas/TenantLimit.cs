using Starling.Protocol;

namespace Starling.Broker.Tenants.Quotas;

/// <summary>Which of the <see cref="TenantLimits"/> was met.</summary>
public enum TenantLimit
{
    Connections,
    ConnectsPerSecond,
    MessagesPerSecondIn,
    MessagesPerSecondOut,
    BytesPerSecondIn,
    BytesPerSecondOut,
    PacketSize,
    TopicLength,
    TopicLevels,
    SubscriptionsPerClient,
    ReceiveMaximum,
    TopicAliasMaximum,
    InboxMessages,
    InboxBytes,
    RetainedMessages,
    RetainedBytes,
    MaximumQoS,
    RetainAvailable,
    WildcardSubscriptions,
    SharedSubscriptions,
    SubscriptionBytesPerClient,
    MemoryBytes,
    ConnectionsPerProcess,
    DurableSessions,
    TotalInboxBytes,
}

public static class TenantLimitRefusal
{
    private static readonly string[] MetricNames = [.. Enum.GetNames<TenantLimit>().Select(SnakeCase)];

    /// <summary>
    /// The MQTT 5 reason code that says so. For the limits on topics it is the one for topic names: a SUBSCRIBE answers Topic Filter
    /// invalid (0x8F) instead. 0x96 stands for data rates as well as message rates (section 4.13 of MQTT 5).
    /// </summary>
    public static ReasonCode ReasonCode(this TenantLimit limit) => limit switch
    {
        TenantLimit.ConnectsPerSecond => Protocol.ReasonCode.ConnectionRateExceeded,
        TenantLimit.MessagesPerSecondIn or TenantLimit.MessagesPerSecondOut => Protocol.ReasonCode.MessageRateTooHigh,
        TenantLimit.BytesPerSecondIn or TenantLimit.BytesPerSecondOut => Protocol.ReasonCode.MessageRateTooHigh,
        TenantLimit.PacketSize => Protocol.ReasonCode.PacketTooLarge,
        TenantLimit.TopicLength or TenantLimit.TopicLevels => Protocol.ReasonCode.TopicNameInvalid,
        TenantLimit.ReceiveMaximum => Protocol.ReasonCode.ReceiveMaximumExceeded,
        TenantLimit.TopicAliasMaximum => Protocol.ReasonCode.TopicAliasInvalid,
        TenantLimit.MaximumQoS => Protocol.ReasonCode.QoSNotSupported,
        TenantLimit.RetainAvailable => Protocol.ReasonCode.RetainNotSupported,
        TenantLimit.WildcardSubscriptions => Protocol.ReasonCode.WildcardSubscriptionsNotSupported,
        TenantLimit.SharedSubscriptions => Protocol.ReasonCode.SharedSubscriptionsNotSupported,
        _ => Protocol.ReasonCode.QuotaExceeded,
    };

    internal static string MetricName(this TenantLimit limit) => MetricNames[(int)limit];

    private static string SnakeCase(string name) =>
        string.Concat(name.Replace("QoS", "Qos", StringComparison.Ordinal)
            .Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "_") + char.ToLowerInvariant(c) : c.ToString()));
}
