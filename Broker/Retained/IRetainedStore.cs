using Starling.Broker.Messages;

namespace Starling.Broker.Retained;

/// <summary>Keeps retained messages, one per tenant and topic. Calls for one shard come in order.</summary>
public interface IRetainedStore
{
    /// <summary>Writes messages; one with an empty payload removes what its topic retains. Done when durable.</summary>
    ValueTask SetAsync(string tenant, IReadOnlyList<Message> messages);

    /// <summary>All that is retained for a shard.</summary>
    IAsyncEnumerable<Message> LoadAsync(string tenant, int shard, int shards);
}
