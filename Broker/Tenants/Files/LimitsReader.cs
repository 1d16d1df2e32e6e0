using Starling.Broker.Tenants.Quotas;

namespace Starling.Broker.Tenants.Files;

/// <summary>Reads <c>"limits": { ... }</c>: the names of <see cref="TenantLimits"/> with a small first letter.</summary>
internal static class LimitsReader
{
    public static TenantLimits Read(JsonObject json)
    {
        var standard = new TenantLimits();
        var limits = new TenantLimits
        {
            Connections = (int?)OrUnlimited(json, "connections", 1, int.MaxValue, standard.Connections),
            ConnectionsPerProcess = (int)(json.TakeWhole("connectionsPerProcess", 0, int.MaxValue) ?? standard.ConnectionsPerProcess),
            ConnectsPerSecond = (int?)OrUnlimited(json, "connectsPerSecond", 1, int.MaxValue, standard.ConnectsPerSecond),
            MessagesPerSecondIn = (int?)OrUnlimited(json, "messagesPerSecondIn", 1, int.MaxValue, standard.MessagesPerSecondIn),
            MessagesPerSecondOut = (int?)OrUnlimited(json, "messagesPerSecondOut", 1, int.MaxValue, standard.MessagesPerSecondOut),
            BytesPerSecondIn = OrUnlimited(json, "bytesPerSecondIn", 1, 1L << 40, standard.BytesPerSecondIn),
            BytesPerSecondOut = OrUnlimited(json, "bytesPerSecondOut", 1, 1L << 40, standard.BytesPerSecondOut),
            MemoryBytes = json.TakeWhole("memoryBytes", 1 << 20, long.MaxValue) ?? standard.MemoryBytes,
            PacketSize = (int)(json.TakeWhole("packetSize", 32, TenantLimits.LargestPacket) ?? standard.PacketSize),
            TopicLength = (int)(json.TakeWhole("topicLength", 1, 65_535) ?? standard.TopicLength),
            TopicLevels = (int)(json.TakeWhole("topicLevels", 1, 65_535) ?? standard.TopicLevels),
            SubscriptionsPerClient = (int)(json.TakeWhole("subscriptionsPerClient", 0, int.MaxValue) ?? standard.SubscriptionsPerClient),
            SubscriptionBytesPerClient = (int)(json.TakeWhole("subscriptionBytesPerClient", 0, int.MaxValue) ?? standard.SubscriptionBytesPerClient),
            DurableSessions = (int)(json.TakeWhole("durableSessions", 0, int.MaxValue) ?? standard.DurableSessions),
            ReceiveMaximum = (ushort)(json.TakeWhole("receiveMaximum", 1, 65_535) ?? standard.ReceiveMaximum),
            TopicAliasMaximum = (ushort)(json.TakeWhole("topicAliasMaximum", 0, 65_535) ?? standard.TopicAliasMaximum),
            KeepAliveMaximum = (ushort?)OrUnlimited(json, "keepAliveMaximum", 1, 65_535, standard.KeepAliveMaximum),
            InboxMessages = (int)(json.TakeWhole("inboxMessages", 0, int.MaxValue) ?? standard.InboxMessages),
            InboxBytes = json.TakeWhole("inboxBytes", 0, long.MaxValue) ?? standard.InboxBytes,
            TotalInboxBytes = json.TakeWhole("totalInboxBytes", 0, long.MaxValue) ?? standard.TotalInboxBytes,
            RetainedMessages = (int)(json.TakeWhole("retainedMessages", 0, int.MaxValue) ?? standard.RetainedMessages),
            RetainedBytes = json.TakeWhole("retainedBytes", 0, long.MaxValue) ?? standard.RetainedBytes,
            SessionExpirySeconds = (uint?)OrUnlimited(json, "sessionExpirySeconds", 0, uint.MaxValue, standard.SessionExpirySeconds),
            MaximumQoS = (byte)(json.TakeWhole("maximumQoS", 0, 2) ?? standard.MaximumQoS),
            RetainAvailable = json.TakeBoolean("retainAvailable") ?? standard.RetainAvailable,
            WildcardSubscriptions = json.TakeBoolean("wildcardSubscriptions") ?? standard.WildcardSubscriptions,
            SharedSubscriptions = json.TakeBoolean("sharedSubscriptions") ?? standard.SharedSubscriptions,
        };
        json.End();
        return limits;
    }

    private static long? OrUnlimited(JsonObject json, string name, long least, long most, long? standard) =>
        json.TakeWholeOrNull(name, least, most, out var number) ? number : standard;
}
