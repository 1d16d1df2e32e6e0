using Orleans;
using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Broker.Contracts;

/// <summary>The routes and the retained messages of the topics of a tenant that hash to one shard.</summary>
public interface ITopicShard
{
    /// <summary>
    /// Takes messages of one publisher or of one edge, in order. Done when each is as safe as its receivers ask for: retained and
    /// inboxes written, other edges reached. The edge that brings them delivers to its own connections itself.
    /// </summary>
    /// <param name="batch">Its outcomes are filled in.</param>
    /// <param name="origin">The edge that brings them, or null.</param>
    ValueTask PublishAsync(PublishBatch batch, string? origin);

    /// <summary>
    /// A connection of the edge has subscribed to a filter, or does not any more. Done when the shard knows. A link counts them, and tells the
    /// shard of the first that comes and the last that goes, of which alone a shard is to be told.
    /// </summary>
    ValueTask SetEdgeRouteAsync(string edgeId, string filter, bool present);

    /// <summary>Adds or replaces what a durable session has subscribed to.</summary>
    ValueTask SetDurableRouteAsync(string clientId, Subscription subscription);

    ValueTask RemoveDurableRouteAsync(string clientId, string filter);

    /// <summary>Adds or replaces a member of a shared subscription.</summary>
    ValueTask JoinAsync(SharedGroupKey group, SharedMember member);

    /// <param name="group">The shared subscription.</param>
    /// <param name="epoch">Of the connection that leaves; one that has joined later stays.</param>
    ValueTask LeaveAsync(SharedGroupKey group, string clientId, long epoch = long.MaxValue);

    /// <summary>Finds other members for messages whose chosen member went before it acknowledged them.</summary>
    /// <param name="except">The member that went.</param>
    /// <param name="deliveries">In order.</param>
    /// <returns>The places of those that another member has got.</returns>
    ValueTask<IReadOnlyList<int>> RedispatchAsync(string except, IReadOnlyList<Delivery> deliveries);

    /// <summary>A member of a shared subscription has dealt with this many messages, for the strategy that counts them.</summary>
    ValueTask CompletedAsync(SharedGroupKey group, string clientId, int count);

    /// <summary>Some retained messages that match, in no particular order, from where the cursor stands.</summary>
    ValueTask<RetainedPage> ReadRetainedAsync(RetainedCursor cursor, int most);
}

/// <param name="Messages">Not expired.</param>
/// <param name="More">Whether the cursor has more to give.</param>
[Immutable]
public readonly record struct RetainedPage(IReadOnlyList<Message> Messages, bool More);

/// <summary>A member of a shared subscription.</summary>
/// <param name="ClientId">The session that subscribed.</param>
/// <param name="Options">Its subscription's options.</param>
/// <param name="SubscriptionIdentifier">Its subscription identifier, or null.</param>
/// <param name="EdgeId">The edge that holds its connection; null while a durable member is away.</param>
/// <param name="Durable">Whether its messages of QoS 1 and 2 go by its inbox.</param>
/// <param name="Epoch">Of the connection that joined, so that no other connection of the client gets what was meant for this one.</param>
[GenerateSerializer, Immutable, Alias("starling.shared-member")]
public sealed record SharedMember(
    [Id(0)] string ClientId,
    [Id(1)] SubscriptionOptions Options,
    [Id(2)] uint? SubscriptionIdentifier,
    [Id(3)] string? EdgeId,
    [Id(4)] bool Durable,
    [Id(5)] long Epoch = 0)
{
    /// <summary>A durable member as it is stored: with a connection, or away.</summary>
    public static SharedMember Of(in StoredRoute route) => new(
        route.ClientId, route.Subscription.Options, route.Subscription.SubscriptionIdentifier, route.EdgeId, Durable: true, route.ConnectionEpoch);
}
