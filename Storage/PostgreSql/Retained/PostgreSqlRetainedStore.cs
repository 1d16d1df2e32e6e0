using System.Data;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Npgsql;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Time;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Retained;

/// <summary>Retained messages in PostgreSQL, one row each.</summary>
public sealed partial class PostgreSqlRetainedStore(
    Database database, GroupCommit writer, TimeProvider time, ILogger<PostgreSqlRetainedStore> logger) : IRetainedStore
{
    /// <summary>How long a read waits for a server that is away.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly ExpiredRows _expired = new(database);

    public bool OutlivesProcess => true;

    public async ValueTask SetAsync(string tenant, IReadOnlyList<Message> messages, ShardFencingToken? shard = null)
    {
        writer.EnsureRoom(tenant);
        await writer.Add(new RetainedWrite(tenant, [.. messages.Select(message => RetainedRowChange.Of(tenant, message, shard))], shard)).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<RetainedRow> LoadAsync(
        string tenant, int shard, int shards, long now, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        for (var away = false; ; away = true)
        {
            var rows = LoadOnceAsync(tenant, shard, shards, now, cancellation).GetAsyncEnumerator(cancellation);
            await using (rows.ConfigureAwait(false))
            {
                while (true)
                {
                    try
                    {
                        if (!await rows.MoveNextAsync().ConfigureAwait(false))
                            yield break;
                    }
                    catch (Exception error) when (Database.MayPass(error))
                    {
                        if (!away)
                            Log.LoadWaits(logger, tenant, Database.Reason(error));
                        break;
                    }

                    yield return rows.Current;
                }
            }

            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
        }
    }

    public async ValueTask<IReadOnlyList<Message>> ReadAsync(string tenant, IReadOnlyList<string> topics, CancellationToken cancellation = default)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await ReadOnceAsync(tenant, topics, cancellation).ConfigureAwait(false);
            }
            catch (Exception error) when (Database.MayPass(error))
            {
                if (time.GetElapsedTime(started) + Pause >= Patience)
                    throw new StoreUnavailableException($"Retained messages can't be read from PostgreSQL: {Database.Reason(error)}");
            }

            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>While the time can't be trusted nothing is removed; what stays goes with what expires next.</summary>
    public ValueTask RemoveExpiredAsync(string tenant, IReadOnlyList<string> topics, long now) =>
        BrokerClock.MayRemove(time) ? new ValueTask(_expired.RemoveAsync(now)) : ValueTask.CompletedTask;

    /// <summary>
    /// The rows come as they are read: however many there are, a few are in memory. All of the tenant's are read for each of its shards: how
    /// a topic falls to one is not PostgreSQL's to know.
    /// </summary>
    private async IAsyncEnumerable<RetainedRow> LoadOnceAsync(
        string tenant, int shard, int shards, long now, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand(
            $"""
            select topic, coalesce(expires_at, {Message.Never}), size, case when size - octet_length(topic) <= {RetainedRow.SmallBody} then body end
            from retained where tenant = $1 and (expires_at is null or expires_at > $2)
            """);
        command.CommandTimeout = 0;
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = now });
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellation).ConfigureAwait(false);
        var frames = new MessageFrameReader();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var topic = reader.GetString(0);
            if (shards > 1 && new Topic(topic).Hash % (uint)shards != shard)
                continue;
            var (expiresAt, size) = (reader.GetInt64(1), reader.GetInt32(2));
            yield return new RetainedRow(
                topic,
                expiresAt,
                size,
                await reader.IsDBNullAsync(3, cancellation).ConfigureAwait(false) ? null : frames.Read(reader.GetFieldValue<byte[]>(3)));
        }
    }

    private async Task<IReadOnlyList<Message>> ReadOnceAsync(string tenant, IReadOnlyList<string> topics, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand("select body from retained where tenant = $1 and topic_digest = any($2)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. topics.Select(KeyDigest.Of)] });
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellation).ConfigureAwait(false);
        var frames = new MessageFrameReader();
        var messages = new List<Message>(topics.Count);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            messages.Add(frames.Read(await reader.GetFieldValueAsync<byte[]>(0, cancellation).ConfigureAwait(false)));
        return messages;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: retained messages can't be read from PostgreSQL ({Reason}); trying again")]
        public static partial void LoadWaits(ILogger logger, string tenant, string reason);
    }
}
