using Starling.Broker.Messages;

namespace Starling.Broker.Contracts;

/// <summary>The cluster as a session uses it: shards for its routes, its own successor, the edge of its connection, and wills.</summary>
public interface ISessionCluster : IShards, ISessions, ISessionEdges
{
    /// <summary>Publishes a message that no connection of an edge brings: a will.</summary>
    /// <exception cref="StoreUnavailableException">It is not as safe as its receivers ask for.</exception>
    ValueTask PublishAsync(string tenant, Message message);
}
