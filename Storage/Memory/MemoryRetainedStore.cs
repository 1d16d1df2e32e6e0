using System.Collections.Concurrent;
using Starling.Broker.Messages;
using Starling.Broker.Retained;

namespace Starling.Storage.Memory;

/// <summary>Retained messages in memory, for shards that are given up and come back within one process.</summary>
public sealed class MemoryRetainedStore : IRetainedStore
{
    private readonly ConcurrentDictionary<(string Tenant, string Topic), Message> _messages = new();

    public ValueTask SetAsync(string tenant, IReadOnlyList<Message> messages)
    {
        foreach (var message in messages)
        {
            if (message.PayloadLength == 0)
                _messages.TryRemove((tenant, message.Topic.Text), out _);
            else
                _messages[(tenant, message.Topic.Text)] = message;
        }

        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<Message> LoadAsync(string tenant, int shard, int shards)
    {
        foreach (var ((owner, _), message) in _messages)
        {
            if (owner == tenant && message.Topic.Hash % (uint)shards == shard)
                yield return message;
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }
}
