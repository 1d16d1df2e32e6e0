using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;

namespace Starling.Storage.Memory;

/// <summary>Retained messages in memory, for shards that are given up and come back within one process.</summary>
/// <param name="shards">Says whose writes are taken, where several processes have shards.</param>
public sealed class MemoryRetainedStore(MemoryShardStore? shards = null) : IRetainedStore
{
    private readonly ConcurrentDictionary<(string Tenant, string Topic), Message> _messages = new();

    public bool OutlivesProcess => false;

    public ValueTask SetAsync(string tenant, IReadOnlyList<Message> messages, ShardFencingToken? shard = null)
    {
        if (shard is not null && shards?.IsCurrent(shard) == false)
            throw new StaleShardException(shard);
        foreach (var message in messages)
        {
            if (message.PayloadLength == 0)
                _messages.TryRemove((tenant, message.Topic.Text), out _);
            else
                _messages[(tenant, message.Topic.Text)] = message;
        }

        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<RetainedRow> LoadAsync(
        string tenant, int shard, int shards, long now, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        foreach (var ((owner, topic), message) in _messages)
        {
            if (owner != tenant || message.Topic.Hash % (uint)shards != shard)
                continue;
            if (message.HasExpired(now))
                _messages.TryRemove(KeyValuePair.Create((owner, topic), message));
            else
                yield return new RetainedRow(topic, message.ExpiresAt, message.Size, message);
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    public ValueTask<IReadOnlyList<Message>> ReadAsync(string tenant, IReadOnlyList<string> topics, CancellationToken cancellation = default)
    {
        var found = new List<Message>();
        foreach (var topic in topics)
        {
            if (_messages.TryGetValue((tenant, topic), out var message))
                found.Add(message);
        }

        return new ValueTask<IReadOnlyList<Message>>(found);
    }

    public ValueTask RemoveExpiredAsync(string tenant, IReadOnlyList<string> topics, long now)
    {
        foreach (var topic in topics)
        {
            if (_messages.TryGetValue((tenant, topic), out var message) && message.HasExpired(now))
                _messages.TryRemove(KeyValuePair.Create((tenant, topic), message));
        }

        return ValueTask.CompletedTask;
    }
}
