using Microsoft.Extensions.Logging;
using Npgsql;
using Starling.Broker.Contracts;

namespace Starling.Storage.PostgreSql.Shards;

/// <summary>Who has which shard, in PostgreSQL. Taking one waits for the transactions of its owner before that are under way (<see cref="ShardLocks"/>).</summary>
public sealed partial class PostgreSqlShardStore(Database database, TimeProvider time, ILogger<PostgreSqlShardStore> logger) : IShardStore
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public async ValueTask<long> TakeAsync(string tenant, int shard)
    {
        for (var away = false; ; away = true)
        {
            try
            {
                return await TakeOnceAsync(tenant, shard).ConfigureAwait(false);
            }
            catch (Exception error) when (Database.MayPass(error))
            {
                if (!away)
                    LogTakeWaits(tenant, shard, Database.Reason(error));
            }

            await Task.Delay(Pause, time).ConfigureAwait(false);
        }
    }

    public async ValueTask<bool> IsCurrentAsync(ShardFencingToken shard)
    {
        try
        {
            await using var command = database.Source.CreateCommand("select epoch from shards where tenant = $1 and shard = $2");
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = shard.Tenant });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = shard.Shard });
            return await command.ExecuteScalarAsync().ConfigureAwait(false) as long? == shard.Epoch;
        }
        catch (Exception error) when (Database.MayPass(error))
        {
            throw new StoreUnavailableException($"Who has the shard can't be read from PostgreSQL: {Database.Reason(error)}", error);
        }
    }

    private async Task<long> TakeOnceAsync(string tenant, int shard)
    {
        await using var command = database.Source.CreateCommand(
            """
            insert into shards as s (tenant, shard, epoch) values ($1, $2, 1)
            on conflict (tenant, shard) do update set epoch = s.epoch + 1
            returning epoch
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = shard });
        return (long)(await command.ExecuteScalarAsync().ConfigureAwait(false))!;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: shard {Shard} can't be taken in PostgreSQL ({Reason}); trying again")]
    private partial void LogTakeWaits(string tenant, int shard, string reason);
}
