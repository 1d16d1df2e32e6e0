using Starling.Broker.Messages;

namespace Starling.Broker.Contracts;

/// <summary>What shards ask of an edge.</summary>
public interface IEdgeDelivery
{
    /// <summary>Messages for whatever this edge's own subscriptions match, in order.</summary>
    /// <exception cref="StaleShardException">The edge belongs to another shard object.</exception>
    ValueTask DeliverAsync(string tenant, IReadOnlyList<Message> messages);

    /// <summary>Messages for one connection, chosen by a shared subscription.</summary>
    /// <returns>False when that connection is gone and the messages went nowhere.</returns>
    /// <exception cref="StaleShardException">The edge belongs to another shard object.</exception>
    ValueTask<bool> DeliverToAsync(string tenant, string clientId, long epoch, IReadOnlyList<Delivery> deliveries);
}
