namespace Starling.Broker.Tenants.Quotas;

/// <summary>The limits of a tenant. Where a value may be null, null means unlimited.</summary>
/// <remarks>The defaults are generous for devices and small enough that one tenant can't fill a process by accident.</remarks>
public sealed record TenantLimits
{
    public const int LargestPacket = 268_435_455;

    /// <summary>Connections open at the same time.</summary>
    public int? Connections { get; init; }

    /// <summary>Connections open at the same time in one process; it holds beside <see cref="Connections"/>, which is for all together.</summary>
    public int ConnectionsPerProcess { get; init; } = 100_000;

    /// <summary>New connections per second.</summary>
    public int? ConnectsPerSecond { get; init; }

    /// <summary>Messages per second that all clients together publish.</summary>
    public int? MessagesPerSecondIn { get; init; }

    /// <summary>Messages per second delivered to all clients together.</summary>
    public int? MessagesPerSecondOut { get; init; }

    /// <summary>Bytes per second that come from all clients together, control packets and headers included.</summary>
    public long? BytesPerSecondIn { get; init; }

    /// <summary>Bytes per second that are sent to all clients together, control packets and headers included.</summary>
    public long? BytesPerSecondOut { get; init; }

    /// <summary>What the tenant's connections may hold in the memory of one process, in bytes (<see cref="Metrics.HeldKind"/>).</summary>
    public long MemoryBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>Largest packet in bytes taken from a client, the fixed header included; told to clients as Maximum Packet Size.</summary>
    public int PacketSize { get; init; } = 1024 * 1024;

    /// <summary>Longest topic name or filter, in bytes of UTF-8.</summary>
    public int TopicLength { get; init; } = 4096;

    /// <summary>Most levels of a topic name or filter; <c>a/b</c> has two.</summary>
    public int TopicLevels { get; init; } = 128;

    public int SubscriptionsPerClient { get; init; } = 10_000;

    /// <summary>What the filters of one client may take in memory, in bytes (<see cref="Routing.FilterCost"/>).</summary>
    public int SubscriptionBytesPerClient { get; init; } = 16 * 1024 * 1024;

    /// <summary>Sessions that outlive their connection, of those that one process knows.</summary>
    public int DurableSessions { get; init; } = 100_000;

    /// <summary>QoS 1 and 2 messages a client may have unacknowledged towards the broker at once.</summary>
    public ushort ReceiveMaximum { get; init; } = 1024;

    /// <summary>Topic aliases a client may set on a connection; 0 forbids them.</summary>
    public ushort TopicAliasMaximum { get; init; } = 64;

    /// <summary>Longest keep alive, in seconds; a client that asks for more, or for none, is told this one as Server Keep Alive.</summary>
    public ushort? KeepAliveMaximum { get; init; }

    /// <summary>Messages waiting in one durable session's inbox.</summary>
    public int InboxMessages { get; init; } = 100_000;

    /// <summary>Bytes (topic, payload and properties) waiting in one durable session's inbox.</summary>
    public long InboxBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes waiting in the inboxes of all durable sessions together that one process knows.</summary>
    public long TotalInboxBytes { get; init; } = 4L * 1024 * 1024 * 1024;

    /// <summary>Retained messages of the whole tenant.</summary>
    public int RetainedMessages { get; init; } = 1_000_000;

    /// <summary>Bytes (topic, payload and properties, and 72 for each level beyond the eighth) of all retained messages of the tenant.</summary>
    public long RetainedBytes { get; init; } = 1024L * 1024 * 1024;

    /// <summary>Longest life of a session without a connection, in seconds; a client that asks for more gets this. Null: up to for ever.</summary>
    public uint? SessionExpirySeconds { get; init; } = 30 * 24 * 60 * 60;

    /// <summary>0, 1 or 2.</summary>
    public byte MaximumQoS { get; init; } = 2;

    public bool RetainAvailable { get; init; } = true;

    public bool WildcardSubscriptions { get; init; } = true;

    public bool SharedSubscriptions { get; init; } = true;
}
