using Starling.Broker.Messages;

namespace Starling.Broker.Contracts;

/// <summary>Keeps retained messages, one per tenant and topic. Writes for one shard come one after the other.</summary>
public interface IRetainedStore
{
    /// <summary>
    /// Whether what was written is there when the process is not: only then need large payloads not be kept in memory as well, but are
    /// read (<see cref="ReadAsync"/>) when somebody asks for them.
    /// </summary>
    bool OutlivesProcess { get; }

    /// <summary>
    /// Writes messages, the last one of a topic; one with an empty payload removes what its topic retains. Done when durable. The list is
    /// the caller's again then.
    /// </summary>
    /// <param name="messages">Of topics that hash to one shard.</param>
    /// <param name="shard">The shard that writes; null in a process that has all shards, where there is nobody else.</param>
    /// <exception cref="StoreUnavailableException">Nothing of it has been written.</exception>
    /// <exception cref="MessagesRejectedException">The same, and it would be refused again.</exception>
    /// <exception cref="StaleShardException">The shard has another owner; nothing of it has been or will be written.</exception>
    ValueTask SetAsync(string tenant, IReadOnlyList<Message> messages, ShardFencingToken? shard = null);

    /// <summary>All that is retained for a shard and has not expired. It waits for a store that is away; a topic may then come twice.</summary>
    /// <param name="shard">Of the topics that hash to it.</param>
    /// <param name="shards">How many there are.</param>
    /// <param name="now">Unix time in milliseconds.</param>
    /// <param name="cancellation">Nobody wants it any more.</param>
    IAsyncEnumerable<RetainedRow> LoadAsync(string tenant, int shard, int shards, long now, CancellationToken cancellation = default);

    /// <summary>What these topics retain, expired or not, in any order. It waits for a while for a store that is away.</summary>
    /// <exception cref="StoreUnavailableException">It did not come back in that time.</exception>
    ValueTask<IReadOnlyList<Message>> ReadAsync(string tenant, IReadOnlyList<string> topics, CancellationToken cancellation = default);

    /// <summary>Removes messages that have expired. A store that finds them by their time may remove others as well.</summary>
    /// <param name="topics">Topics that retained some; meanwhile they may retain something else.</param>
    /// <param name="now">Unix time in milliseconds.</param>
    ValueTask RemoveExpiredAsync(string tenant, IReadOnlyList<string> topics, long now);
}

/// <summary>What a store says of a retained message when a shard begins.</summary>
/// <param name="Topic">Its topic name.</param>
/// <param name="ExpiresAt">Unix time in milliseconds, or <see cref="Message.Never"/>.</param>
/// <param name="Size">As <see cref="Message.Size"/>.</param>
/// <param name="Message">Null when it is <see cref="IsLarge"/> and the store outlives the process.</param>
public readonly record struct RetainedRow(string Topic, long ExpiresAt, int Size, Message? Message)
{
    /// <summary>Properties and payload of a small message, at most, in bytes.</summary>
    public const int SmallBody = 1024;

    /// <summary>Whether a message is not kept in memory if the store outlives the process.</summary>
    public static bool IsLarge(Message message) => message.Size - message.Topic.Utf8.Length > SmallBody;
}
