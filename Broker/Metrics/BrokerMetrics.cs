using System.Diagnostics.Metrics;

namespace Starling.Broker.Metrics;

/// <summary>
/// The counters of all tenants as instruments of the meter <c>Starling.Broker</c>, each with the tag <c>tenant</c>. They are
/// observed when somebody asks: what is counted on the hot path is a plain number.
/// </summary>
public sealed class BrokerMetrics : IDisposable
{
    public const string MeterName = "Starling.Broker";

    /// <summary>How many tenants have series of their own if nothing else is said.</summary>
    public const int DefaultMaximumTenants = 1000;

    /// <summary>
    /// How long the label of a removed tenant is not used. Exporters must collect more often: one that reports differences would take the numbers
    /// of the next tenant for those of the one before, if it had not seen the label without a tenant in between.
    /// </summary>
    public static readonly TimeSpan LabelRest = TimeSpan.FromMinutes(10);

    private readonly TenantSeries _tenants;
    private readonly Meter _meter;

    /// <param name="factory">Makes the meter; null for one that nobody is told of.</param>
    /// <param name="maximumTenants">How many tenants have series of their own. Those of the others are one, with the tag <c>overflow</c>.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public BrokerMetrics(IMeterFactory? factory = null, int maximumTenants = DefaultMaximumTenants, TimeProvider? time = null)
    {
        _tenants = new TenantSeries(maximumTenants, time ?? TimeProvider.System);
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        Gauge("starling.connections.open", "{connection}", "Clients connected", c => c.ConnectionsOpen);
        Total("starling.connections.accepted", "{connection}", "Clients that have connected", c => c.ConnectionsAccepted);
        Total("starling.connections.refused", "{connection}", "CONNECT packets refused", c => c.ConnectionsRefused);
        Total("starling.connections.slow_readers_closed", "{connection}", "Clients closed because they did not read", c => c.SlowReadersClosed);
        Total("starling.connections.keep_alive_timeouts", "{connection}", "Clients silent for 1.5 times their keep alive", c => c.KeepAliveTimeouts);
        Total("starling.connections.protocol_errors", "{connection}", "Clients closed for breaking the protocol", c => c.ProtocolErrors);
        Total("starling.connections.reads_throttled", "{pause}", "Pauses in reading because of the tenant's rates", c => c.ReadsThrottled);
        Total("starling.connections.reads_deferred", "{read}", "Reads that waited while other tenants had the processors", c => c.ReadsDeferred);
        Gauge("starling.sessions.durable", "{session}", "Sessions that outlive their connection", c => c.SessionsDurable);
        Total("starling.sessions.expired", "{session}", "Sessions removed at the end of their expiry interval", c => c.SessionsExpired);
        Total("starling.sessions.taken_over", "{session}", "Connections closed by a newer one with the same client id", c => c.SessionsTakenOver);
        Gauge("starling.subscriptions", "{subscription}", "Subscriptions of connected clients", c => c.Subscriptions);
        Gauge("starling.subscriptions.shared", "{subscription}", "Shared subscriptions of connected clients", c => c.SharedSubscriptions);
        Total("starling.packets.received", "{packet}", "Packets from clients", c => c.PacketsReceived);
        Total("starling.packets.sent", "{packet}", "Packets to clients", c => c.PacketsSent);
        Total("starling.bytes.received", "By", "Bytes of packets from clients", c => c.BytesReceived);
        Total("starling.bytes.sent", "By", "Bytes of packets to clients", c => c.BytesSent);
        Total("starling.messages.received", "{message}", "Messages that clients published", c => c.PublishReceived);
        Total("starling.messages.sent", "{message}", "Messages sent to clients", c => c.PublishSent);
        Total("starling.messages.refused", "{message}", "Messages not accepted: permission, limit or topic", c => c.PublishRefused);
        ByTag("starling.messages.dropped", "{message}", "Messages that a receiver did not get", Dropped);
        Gauge("starling.retained.messages", "{message}", "Retained messages", c => c.RetainedMessages);
        Gauge("starling.retained.bytes", "By", "Bytes of retained messages", c => c.RetainedBytes);
        Gauge("starling.inbox.messages", "{message}", "Messages in the inboxes of durable sessions", c => c.InboxMessages);
        Gauge("starling.inbox.bytes", "By", "Bytes in the inboxes of durable sessions", c => c.InboxBytes);
        Total("starling.wills.published", "{message}", "Wills published", c => c.WillsPublished);
        Gauge("starling.tenant.connections", "{connection}", "Connections that count against the tenant's limit", c => c.LimitedConnections);
        ByTag("starling.tenant.refusals", "{refusal}", "Times that a tenant's limit refused or held back something", Refusals);
        _meter.CreateObservableUpDownCounter(
            "starling.tenant.held", () => Observe(Held), "By", "Memory that is held for connections and messages, by what for");
        ByTag("starling.authentications", "{authentication}", "Logins by result and method", Authentications);
        Total("starling.client_id.collisions", "{collision}", "Client ids over which devices were found fighting", c => c.ClientIdCollisions);
        Total("starling.client_id.refused_takeovers", "{connection}", "Connections refused to keep the older one with that client id", c => c.TakeoversRefused);
    }

    /// <summary>How many series of an instrument a tenant has, about: with <c>maximumTenants</c> it bounds what is kept of the instrument.</summary>
    public static int SeriesPerTenant(string instrument) =>
        instrument switch
        {
            "starling.messages.dropped" or "starling.tenant.refusals" or "starling.authentications" => 4,
            "starling.tenant.held" => HeldBytes.Kinds.Count + 2,
            _ => 1,
        };

    /// <summary>From now on only tenants that are there have series.</summary>
    /// <param name="isServed">Whether a tenant is there; called under a lock.</param>
    public void Follow(Predicate<string> isServed) => _tenants.Follow(isServed);

    /// <summary>Counts what is wrong with the settings of tenants.</summary>
    public void ObserveMistakes(Func<int> mistakes) => _meter.CreateObservableGauge(
        "starling.tenants.mistakes", mistakes, "{mistake}", "Mistakes in the latest settings of tenants, which are not in force");

    public TenantCounters For(string tenant) => _tenants.For(tenant);

    /// <summary>The tenant is gone, and so are its series. Whoever still has its counters may go on counting.</summary>
    public void Remove(string tenant) => _tenants.Remove(tenant);

    public void Dispose() => _meter.Dispose();

    private void Total(string name, string unit, string description, Func<TenantCounters, Count> of) =>
        _meter.CreateObservableCounter(name, () => Observe(of), unit, description);

    private void Gauge(string name, string unit, string description, Func<TenantCounters, Count> of) =>
        _meter.CreateObservableUpDownCounter(name, () => Observe(of), unit, description);

    private void ByTag(string name, string unit, string description, Func<TenantCounters, IEnumerable<(long Value, Tags Tags)>> of) =>
        _meter.CreateObservableCounter(name, () => Observe(of), unit, description);

    private List<Measurement<long>> Observe(Func<TenantCounters, Count> of)
    {
        var measurements = new List<Measurement<long>>();
        long? others = null;
        foreach (var counters in _tenants.Report())
        {
            if (counters.Label is { } label)
                measurements.Add(new(of(counters).Value, new KeyValuePair<string, object?>("tenant", label)));
            else
                others = (others ?? 0) + of(counters).Value;
        }

        if (others is { } sum)
            measurements.Add(new(sum, Overflow));
        return measurements;
    }

    private List<Measurement<long>> Observe(Func<TenantCounters, IEnumerable<(long Value, Tags Tags)>> of)
    {
        var measurements = new List<Measurement<long>>();
        Dictionary<Tags, long>? others = null;
        foreach (var counters in _tenants.Report())
        {
            var label = counters.Label;
            foreach (var (value, tags) in of(counters))
            {
                if (label is not null)
                    measurements.Add(new(value, tags.With(new("tenant", label))));
                else
                    (others ??= [])[tags] = others.GetValueOrDefault(tags) + value;
            }
        }

        foreach (var (tags, sum) in others ?? [])
            measurements.Add(new(sum, tags.With(Overflow)));
        return measurements;
    }

    private static KeyValuePair<string, object?> Overflow => new("overflow", "true");

    private static IEnumerable<(long Value, Tags Tags)> Dropped(TenantCounters counters) =>
    [
        (counters.DroppedSlowReader.Value, new("reason", "slow_reader")),
        (counters.DroppedInboxFull.Value, new("reason", "inbox_full")),
        (counters.DroppedTooLarge.Value, new("reason", "too_large")),
        (counters.DroppedExpired.Value, new("reason", "expired")),
    ];

    private static IEnumerable<(long Value, Tags Tags)> Held(TenantCounters counters) =>
    [
        .. HeldBytes.Kinds.Select(kind => (counters.Held.Of(kind), new Tags("kind", Name(kind)))),
        (counters.RetainedBytes.Value, new("kind", "retained")),
        (counters.InboxBytes.Value, new("kind", "inbox")),
    ];

    private static string Name(HeldKind kind) => kind is HeldKind.InFlight ? "in_flight" : kind.ToString().ToLowerInvariant();

    private static IEnumerable<(long Value, Tags Tags)> Refusals(TenantCounters counters) =>
        counters.AllRefusals.Select(refusals => (refusals.Value.Value, new Tags("limit", refusals.Key)));

    private static IEnumerable<(long Value, Tags Tags)> Authentications(TenantCounters counters) =>
        counters.AllAuthentications.Select(logins => (logins.Value.Value, new Tags("result", logins.Key.Result, "method", logins.Key.Method)));

    /// <summary>One tag besides the tenant's, or two.</summary>
    private readonly record struct Tags(string Key, string Value, string? OtherKey = null, string? OtherValue = null)
    {
        /// <summary>All of them, the tenant's or what stands for it first.</summary>
        public KeyValuePair<string, object?>[] With(KeyValuePair<string, object?> first) =>
            OtherValue is null ? [first, new(Key, Value)] : [first, new(Key, Value), new(OtherKey!, OtherValue)];
    }
}
