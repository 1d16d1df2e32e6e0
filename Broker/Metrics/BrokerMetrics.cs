using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Starling.Broker.Metrics;

/// <summary>
/// The counters of all tenants as instruments of the meter <c>Starling.Broker</c>, each with the tag <c>tenant</c>. They are
/// observed when somebody asks: what is counted on the hot path is a plain number.
/// </summary>
public sealed class BrokerMetrics : IDisposable
{
    private readonly ConcurrentDictionary<string, TenantCounters> _tenants = new(StringComparer.Ordinal);
    private readonly Meter _meter;

    public BrokerMetrics(IMeterFactory? factory = null)
    {
        _meter = factory?.Create("Starling.Broker") ?? new Meter("Starling.Broker");
        Gauge("starling.connections.open", "{connection}", "Clients connected", c => c.ConnectionsOpen);
        Total("starling.connections.accepted", "{connection}", "Clients that have connected", c => c.ConnectionsAccepted);
        Total("starling.connections.refused", "{connection}", "CONNECT packets refused", c => c.ConnectionsRefused);
        Total("starling.connections.slow_readers_closed", "{connection}", "Clients closed because they did not read", c => c.SlowReadersClosed);
        Total("starling.connections.keep_alive_timeouts", "{connection}", "Clients silent for 1.5 times their keep alive", c => c.KeepAliveTimeouts);
        Total("starling.connections.protocol_errors", "{connection}", "Clients closed for breaking the protocol", c => c.ProtocolErrors);
        Total("starling.connections.reads_throttled", "{pause}", "Pauses in reading because of the tenant's rates", c => c.ReadsThrottled);
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
        Total("starling.messages.dropped", "{message}", "Messages that a receiver did not get", c => c.DroppedSlowReader, "slow_reader");
        Total("starling.messages.dropped", "{message}", "Messages that a receiver did not get", c => c.DroppedInboxFull, "inbox_full");
        Total("starling.messages.dropped", "{message}", "Messages that a receiver did not get", c => c.DroppedTooLarge, "too_large");
        Total("starling.messages.dropped", "{message}", "Messages that a receiver did not get", c => c.DroppedExpired, "expired");
        Gauge("starling.retained.messages", "{message}", "Retained messages", c => c.RetainedMessages);
        Gauge("starling.retained.bytes", "By", "Bytes of retained messages", c => c.RetainedBytes);
        Gauge("starling.inbox.messages", "{message}", "Messages in the inboxes of durable sessions", c => c.InboxMessages);
        Gauge("starling.inbox.bytes", "By", "Bytes in the inboxes of durable sessions", c => c.InboxBytes);
        Total("starling.wills.published", "{message}", "Wills published", c => c.WillsPublished);
    }

    public TenantCounters For(string tenant) => _tenants.GetOrAdd(tenant, static name => new TenantCounters(name));

    public void Dispose() => _meter.Dispose();

    private void Total(string name, string unit, string description, Func<TenantCounters, Count> of, string? reason = null) =>
        _meter.CreateObservableCounter(name, () => Observe(of, reason), unit, description);

    private void Gauge(string name, string unit, string description, Func<TenantCounters, Count> of) =>
        _meter.CreateObservableUpDownCounter(name, () => Observe(of, null), unit, description);

    private IEnumerable<Measurement<long>> Observe(Func<TenantCounters, Count> of, string? reason)
    {
        foreach (var counters in _tenants.Values)
        {
            var tenant = new KeyValuePair<string, object?>("tenant", counters.Tenant);
            yield return reason is null
                ? new Measurement<long>(of(counters).Value, tenant)
                : new Measurement<long>(of(counters).Value, tenant, new KeyValuePair<string, object?>("reason", reason));
        }
    }
}
