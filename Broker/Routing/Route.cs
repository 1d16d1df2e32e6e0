using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Broker.Routing;

/// <summary>What a shard keeps under a topic filter: an edge, a durable session or a shared subscription.</summary>
internal sealed class Route : IFilterEntry
{
    public int Position { get; set; }

    public string? EdgeId { get; init; }

    public string? ClientId { get; init; }

    public Subscription? Subscription { get; set; }

    public SharedGroup? Group { get; init; }
}

/// <summary>What a topic leads to, as of one version of the shard's routes.</summary>
internal sealed record RouteMatch(
    ShardRoutes Owner,
    long Version,
    string[] Edges,
    DurableReceiver[] Durable,
    SharedGroup[] Groups)
{
    public bool IsEmpty { get; } = Edges.Length + Durable.Length + Groups.Length == 0;
}

/// <summary>A durable session and what its matching subscriptions come to: one copy, at the highest QoS ([MQTT-3.3.4-2], [-3]).</summary>
internal sealed record DurableReceiver(string ClientId, Subscription[] Subscriptions)
{
    private readonly MergedOptions _all = MergedOptions.Of(Subscriptions);
    private readonly MergedOptions? _own = MergedOptions.ForPublisher(Subscriptions);

    /// <summary>Null when nothing goes to the inbox: QoS 0, or the session's own message under No Local ([MQTT-3.8.3-3]).</summary>
    public Delivery? For(Message message)
    {
        var merged = message.Publisher?.ClientId == ClientId ? _own : _all;
        return merged?.Deliver(message) is { QoS: not QualityOfService.AtMostOnce } delivery ? delivery : null;
    }
}
