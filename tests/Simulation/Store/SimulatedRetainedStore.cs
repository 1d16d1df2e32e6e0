using System.Runtime.CompilerServices;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;

namespace Starling.Simulation.Store;

/// <summary>The retained messages of the simulated database, and who owns which shard, for one process.</summary>
internal sealed class SimulatedRetainedStore(StoreConnection connection) : IRetainedStore, IShardStore
{
    public bool OutlivesProcess => true;

    public async ValueTask SetAsync(string tenant, IReadOnlyList<Message> messages, ShardFencingToken? shard = null)
    {
        connection.EnsureRoom();
        (string, byte[]?)[] changes = [.. messages.Select(m => (m.Topic.Text, m.PayloadLength == 0 ? null : MessageFrame.Encode(m)))];
        await connection.Add(tables => tables.Retain(tenant, changes, shard)).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<RetainedRow> LoadAsync(
        string tenant, int shard, int shards, long now, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var messages = await connection.QueryAsync(
            tables => tables.Retained(tenant, topic => shards == 1 || new Topic(topic).Hash % (uint)shards == shard), waits: true).ConfigureAwait(false);
        foreach (var message in messages.Where(message => !message.HasExpired(now)))
            yield return new RetainedRow(message.Topic.Text, message.ExpiresAt, message.Size, RetainedRow.IsLarge(message) ? null : message);
    }

    public async ValueTask<IReadOnlyList<Message>> ReadAsync(string tenant, IReadOnlyList<string> topics, CancellationToken cancellation = default) =>
        await connection.QueryAsync(tables => tables.Retained(tenant, topics.Contains), waits: false).ConfigureAwait(false);

    public async ValueTask RemoveExpiredAsync(string tenant, IReadOnlyList<string> topics, long now) =>
        await connection.Add(tables => tables.RemoveExpired(tenant, now)).ConfigureAwait(false);

    public async ValueTask<long> TakeAsync(string tenant, int shard) =>
        await connection.Add(tables => tables.TakeShard(tenant, shard)).ConfigureAwait(false);

    public async ValueTask<bool> IsCurrentAsync(ShardFencingToken shard) =>
        await connection.QueryAsync(tables => tables.IsCurrent(shard), waits: false).ConfigureAwait(false);
}
