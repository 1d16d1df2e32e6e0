using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Broker.Contracts;

/// <summary>What shards and sessions ask of an edge process. One object per process answers, never one per connection.</summary>
public interface IEdge
{
    /// <summary>Changes with every start of the process.</summary>
    string Id { get; }

    /// <summary>Messages for whatever this edge's own subscriptions match, in order.</summary>
    ValueTask DeliverAsync(string tenant, IReadOnlyList<Message> messages);

    /// <summary>Messages for one connection, chosen by a shared subscription.</summary>
    /// <returns>False when that connection is gone and the messages went nowhere.</returns>
    ValueTask<bool> DeliverToAsync(string tenant, string clientId, long epoch, IReadOnlyList<Delivery> deliveries);

    /// <summary>Entries of a durable session's inbox for its connection, in order.</summary>
    /// <param name="tenant">The session's.</param>
    /// <param name="clientId">The session's.</param>
    /// <param name="epoch">Of the connection.</param>
    /// <param name="owner">Of the session object (<see cref="SessionFencingToken.Epoch"/>): of two that push, the later one counts.</param>
    /// <param name="entries">What it has not had, as far as the object knows.</param>
    ValueTask DeliverInboxAsync(string tenant, string clientId, long epoch, long owner, IReadOnlyList<InboxEntry> entries);

    /// <summary>Ends a connection, telling an MQTT 5 client why.</summary>
    /// <returns>True when it is gone.</returns>
    ValueTask<bool> CloseAsync(string tenant, string clientId, long epoch, ReasonCode reason);
}
