using System.Globalization;
using System.Reflection;
using System.Text;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Edge.Nodes;
using Starling.Protocol;

namespace Starling.Edge.SysTopics;

/// <summary>
/// A tenant's <c>$SYS/broker/…</c> topics, under the names that Mosquitto gave them, with this tenant's numbers and no other's. They
/// are made when somebody subscribes or when they are due, not kept.
/// </summary>
internal sealed class SysTopicSource(TimeProvider time)
{
    // Found out at the start: a static field whose making fails, for want of a file descriptor for an assembly, would fail for ever.
    private readonly string _version = typeof(SysTopicSource).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private readonly long _started = time.GetTimestamp();

    /// <summary>The present values of the topics that a filter matches, as retained messages.</summary>
    public IEnumerable<Message> Read(EdgeTenant tenant, string filter)
    {
        // A filter reaches these topics only by naming their first level ([MQTT-4.7.2-1]).
        if (!filter.StartsWith("$SYS/", StringComparison.Ordinal))
            return [];
        return Values(tenant)
            .Where(value => TopicFilters.Matches(filter, value.Topic))
            .Select(value => Message.Create(new Topic(value.Topic), Encoding.UTF8.GetBytes(value.Value), retain: true));
    }

    public IEnumerable<Message> ReadAll(EdgeTenant tenant) => Read(tenant, "$SYS/#");

    private IEnumerable<(string Topic, string Value)> Values(EdgeTenant tenant)
    {
        var c = tenant.Counters;
        yield return ("$SYS/broker/version", $"starling version {_version}");
        yield return ("$SYS/broker/uptime", $"{(long)time.GetElapsedTime(_started).TotalSeconds} seconds");
        yield return Number("clients/connected", c.ConnectionsOpen.Value);
        yield return Number("clients/maximum", c.ConnectionsMaximum.Value);
        yield return Number("clients/disconnected", DisconnectedSessions(tenant));
        yield return Number("clients/total", c.ConnectionsOpen.Value + DisconnectedSessions(tenant));
        yield return Number("clients/expired", c.SessionsExpired.Value);
        yield return Number("messages/received", c.PacketsReceived.Value);
        yield return Number("messages/sent", c.PacketsSent.Value);
        yield return Number("messages/stored", c.RetainedMessages.Value + c.InboxMessages.Value);
        yield return Number("publish/messages/received", c.PublishReceived.Value);
        yield return Number("publish/messages/sent", c.PublishSent.Value);
        yield return Number("publish/messages/dropped", Dropped(c));
        yield return Number("publish/bytes/received", c.PublishBytesReceived.Value);
        yield return Number("publish/bytes/sent", c.PublishBytesSent.Value);
        yield return Number("bytes/received", c.BytesReceived.Value);
        yield return Number("bytes/sent", c.BytesSent.Value);
        yield return Number("retained messages/count", c.RetainedMessages.Value);
        yield return Number("store/messages/count", c.RetainedMessages.Value + c.InboxMessages.Value);
        yield return Number("store/messages/bytes", c.RetainedBytes.Value + c.InboxBytes.Value);
        yield return Number("subscriptions/count", c.Subscriptions.Value + c.SharedSubscriptions.Value);
        yield return Number("shared_subscriptions/count", c.SharedSubscriptions.Value);
    }

    /// <summary>Durable sessions whose client is away.</summary>
    private static long DisconnectedSessions(EdgeTenant tenant) =>
        Math.Max(0, tenant.Counters.SessionsDurable.Value - tenant.Connections.LongCount(connection => connection.IsDurable));

    private static long Dropped(TenantCounters c) =>
        c.DroppedSlowReader.Value + c.DroppedInboxFull.Value + c.DroppedTooLarge.Value + c.DroppedExpired.Value;

    private static (string Topic, string Value) Number(string name, long value) =>
        ("$SYS/broker/" + name, value.ToString(CultureInfo.InvariantCulture));
}
