using System.Collections.Concurrent;

namespace Starling.Broker.Metrics;

/// <summary>What is counted for one tenant; read by <c>$SYS</c> topics and by <see cref="BrokerMetrics"/>.</summary>
public sealed class TenantCounters(string tenant)
{
    private ConcurrentDictionary<string, Count>? _refusals;
    private ConcurrentDictionary<(string Result, string? Method), Count>? _authentications;
    private TenantLabel? _label;

    public string Tenant => tenant;

    /// <summary>The value of the tag <c>tenant</c>; null while the tenant is not there, or there are too many of them.</summary>
    internal TenantLabel? Label
    {
        get => Volatile.Read(ref _label);
        set => Volatile.Write(ref _label, value);
    }

    /// <summary>Memory that is held for connections here.</summary>
    public HeldBytes Held { get; } = new();

    public Count ConnectionsOpen { get; } = new();

    public Count ConnectionsMaximum { get; } = new();

    public Count ConnectionsAccepted { get; } = new();

    public Count ConnectionsRefused { get; } = new();

    public Count SessionsDurable { get; } = new();

    public Count SessionsExpired { get; } = new();

    public Count SessionsTakenOver { get; } = new();

    public Count Subscriptions { get; } = new();

    public Count SharedSubscriptions { get; } = new();

    public Count PacketsReceived { get; } = new();

    public Count PacketsSent { get; } = new();

    public Count BytesReceived { get; } = new();

    public Count BytesSent { get; } = new();

    public Count PublishReceived { get; } = new();

    public Count PublishSent { get; } = new();

    public Count PublishBytesReceived { get; } = new();

    public Count PublishBytesSent { get; } = new();

    /// <summary>Messages refused: not authorized, over a limit, or with an invalid topic.</summary>
    public Count PublishRefused { get; } = new();

    /// <summary>QoS 0 messages that a slow reader did not get.</summary>
    public Count DroppedSlowReader { get; } = new();

    /// <summary>Messages that did not fit the inbox of a durable session.</summary>
    public Count DroppedInboxFull { get; } = new();

    /// <summary>Messages larger than their receiver's maximum packet size ([MQTT-3.1.2-25]).</summary>
    public Count DroppedTooLarge { get; } = new();

    public Count DroppedExpired { get; } = new();

    /// <summary>Connections closed because they did not read what they were owed.</summary>
    public Count SlowReadersClosed { get; } = new();

    /// <summary>Times that reading was paused because the tenant was over a rate.</summary>
    public Count ReadsDeferred { get; } = new();

    public Count ReadsThrottled { get; } = new();

    public Count RetainedMessages { get; } = new();

    public Count RetainedBytes { get; } = new();

    public Count InboxMessages { get; } = new();

    public Count InboxBytes { get; } = new();

    public Count WillsPublished { get; } = new();

    public Count ProtocolErrors { get; } = new();

    public Count KeepAliveTimeouts { get; } = new();

    /// <summary>Connections that count against the tenant's limit.</summary>
    public Count LimitedConnections { get; } = new();

    /// <summary>Client ids over which devices were found fighting.</summary>
    public Count ClientIdCollisions { get; } = new();

    /// <summary>Connections that were refused to keep the older one with that client id.</summary>
    public Count TakeoversRefused { get; } = new();

    /// <summary>How often each limit has refused or held back something, by its name; those that have not are missing.</summary>
    internal IEnumerable<KeyValuePair<string, Count>> AllRefusals => Volatile.Read(ref _refusals) ?? Enumerable.Empty<KeyValuePair<string, Count>>();

    /// <summary>Logins by result and, for those that succeeded, method; what has not happened is missing.</summary>
    internal IEnumerable<KeyValuePair<(string Result, string? Method), Count>> AllAuthentications =>
        Volatile.Read(ref _authentications) ?? Enumerable.Empty<KeyValuePair<(string Result, string? Method), Count>>();

    /// <param name="limit">The name of the limit, as the label shows it.</param>
    internal Count Refusals(string limit) =>
        LazyInitializer.EnsureInitialized(ref _refusals, static () => new(StringComparer.Ordinal)).GetOrAdd(limit, static _ => new Count());

    /// <param name="result"><c>success</c> or the name of a reason code.</param>
    /// <param name="method">How the client showed who it is; null when it failed to.</param>
    internal Count Authentications(string result, string? method) =>
        LazyInitializer.EnsureInitialized(ref _authentications, static () => new()).GetOrAdd((result, method), static _ => new Count());
}

/// <summary>A number that many threads add to.</summary>
public sealed class Count
{
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    public void Add(long amount) => Interlocked.Add(ref _value, amount);

    public void Increment() => Interlocked.Increment(ref _value);

    public void Decrement() => Interlocked.Decrement(ref _value);

    public void RaiseTo(long value)
    {
        for (var seen = Value; value > seen;)
        {
            var before = Interlocked.CompareExchange(ref _value, value, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }
}
