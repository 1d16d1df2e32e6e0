using Starling.Protocol;

namespace Starling.Simulation.History;

/// <summary>A session as its client knows it: from the CONNACK that began it to its end.</summary>
internal sealed class SessionSpan(string tenant, string clientId, bool isDurable)
{
    public string Tenant => tenant;

    public string ClientId => clientId;

    public bool IsDurable => isDurable;

    /// <summary>Null while it goes on. A durable session that may have expired ends when its client was last connected.</summary>
    public TimeSpan? EndedAt { get; set; }

    public List<SubscriptionSpan> Subscriptions { get; } = [];

    /// <summary>What the application got, in order; repeats that MQTT lets a client recognise are left out.</summary>
    public List<Receipt> Receipts { get; } = [];

    /// <summary>When a connection of it that still lives was made; null when there is none.</summary>
    public TimeSpan? ConnectedAt { get; set; }

    /// <summary>Whether the client once did not read or was closed as a slow reader: then it may have lost what is not in an inbox.</summary>
    public bool WasSlow { get; set; }

    public override string ToString() => $"{tenant}/{clientId}{(isDurable ? "" : " (clean)")}";
}

/// <summary>A subscription from its SUBACK to the UNSUBSCRIBE.</summary>
internal sealed record SubscriptionSpan(string Filter, QualityOfService QoS, TimeSpan AckedAt)
{
    public bool IsShared => Filter.StartsWith("$share/", StringComparison.Ordinal);

    /// <summary>When the client asked for its end.</summary>
    public TimeSpan? RemovedAt { get; set; }

    /// <summary>What matches, without the share name.</summary>
    public string Pattern { get; } = TopicFilters.TryParseShared(Filter, out var shared) ? shared.Filter : Filter;

    public bool Takes(SentMessage message) => TopicFilters.Matches(Pattern, message.Topic);
}

internal readonly record struct Receipt(SentMessage Message, TimeSpan At, QualityOfService QoS, bool Retain, bool Dup, int Connection);
