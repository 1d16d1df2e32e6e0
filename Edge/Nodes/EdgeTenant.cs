using System.Collections.Concurrent;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Protocol;

namespace Starling.Edge.Nodes;

/// <summary>A tenant on this edge: its connections and what they have subscribed to.</summary>
internal sealed class EdgeTenant(Tenant tenant, TenantCounters counters)
{
    private readonly ConcurrentDictionary<string, EdgeConnection> _connections = new(StringComparer.Ordinal);

    public Tenant Tenant => tenant;

    public TenantCounters Counters => counters;

    /// <summary>Whether what goes out has to be charged.</summary>
    public bool HasOutgoingRate => tenant.Options.Limits is { MessagesPerSecondOut: not null } or { BytesPerSecondOut: not null };

    public bool HasIncomingRate => tenant.Options.Limits is { MessagesPerSecondIn: not null } or { BytesPerSecondIn: not null };

    /// <summary>Of its clients' reads, when they have to wait for the processors.</summary>
    public TenantTurns Turns { get; } = new();

    public LocalSubscriptions Subscriptions { get; } = new();

    /// <summary>Batches with retained messages, from before their shard knows of them to after their delivery here.</summary>
    public GracePeriod RetainedPublishes { get; } = new();

    public IEnumerable<EdgeConnection> Connections => _connections.Values;

    public EdgeConnection? Find(string clientId) => _connections.GetValueOrDefault(clientId);

    /// <summary>An older one with the client id is closed: asked for while this edge was cut off, its end may not have come here.</summary>
    /// <returns>False when a later connection with the client id is here already.</returns>
    public bool TryRegister(EdgeConnection connection)
    {
        while (!_connections.TryAdd(connection.ClientId, connection))
        {
            if (!_connections.TryGetValue(connection.ClientId, out var present))
                continue;
            if (present.Epoch > connection.Epoch)
                return false;
            if (!_connections.TryUpdate(connection.ClientId, connection, present))
                continue;
            present.Closing.Begin(ReasonCode.SessionTakenOver);
            break;
        }

        return true;
    }

    public void Unregister(EdgeConnection connection) =>
        _connections.TryRemove(new KeyValuePair<string, EdgeConnection>(connection.ClientId, connection));

    /// <summary>Sends a message to every connection that subscribes to its topic; <paramref name="fanout"/> is to be flushed afterwards.</summary>
    /// <returns>Whether anybody subscribes to the topic here.</returns>
    public bool Deliver(Message message, Fanout fanout)
    {
        var receivers = Subscriptions.Match(message.Topic).Receivers;
        foreach (var receiver in receivers)
        {
            var options = receiver.All;
            var connection = receiver.Connection;
            if (receiver.HasNoLocal && message.Publisher?.ClientId == connection.ClientId)
            {
                if (receiver.Own is null)
                    continue;
                options = receiver.Own;
            }

            var qos = options.QoSOf(message);
            // A durable session gets QoS 1 and 2 by its inbox.
            if (qos > QualityOfService.AtMostOnce && connection.IsDurable)
                continue;
            var access = connection.Access;
            if (access.NeedsReceiveCheck && !access.MayReceive(message.Topic.Text))
                continue;

            if (message.Retain)
                connection.Overtaken?.Overtake(message);
            var outbox = connection.Outbox;
            var retain = message.Retain && options.RetainAsPublished;
            if (outbox.Send(new Delivery(message, qos, retain, options.SubscriptionIdentifiers)))
                fanout.Touch(outbox);
            if (qos > QualityOfService.AtMostOnce && outbox.IsCongested)
                fanout.Congested(connection);
            fanout.Count();
        }

        return receivers.Length > 0;
    }
}
