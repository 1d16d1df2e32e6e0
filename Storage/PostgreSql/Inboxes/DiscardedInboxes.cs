using Microsoft.Extensions.Logging;
using Npgsql;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Inboxes;

/// <summary>
/// Empties the inboxes of sessions that have ended, and removes messages that nothing refers to: in small transactions beside the
/// writer, so that a large inbox does not hold anybody up.
/// </summary>
public sealed partial class DiscardedInboxes : IAsyncDisposable
{
    private const int PageSize = 5000;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan OrphanInterval = TimeSpan.FromHours(1);

    private readonly Database _database;
    private readonly GroupCommit _writer;
    private readonly TimeProvider _time;
    private readonly ILogger<DiscardedInboxes> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public DiscardedInboxes(Database database, GroupCommit writer, TimeProvider time, ILogger<DiscardedInboxes> logger)
    {
        _database = database;
        _writer = writer;
        _time = time;
        _logger = logger;
        _running = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Empties what is there now, except for what another process is about to empty.</summary>
    public async Task EmptyAsync(CancellationToken cancellation = default)
    {
        while (await RemovePageAsync(cancellation).ConfigureAwait(false))
        {
        }
    }

    /// <summary>Removes messages without references that a crash has left; those of transactions under way are not to be seen yet.</summary>
    public async Task RemoveOrphansAsync(CancellationToken cancellation = default)
    {
        long? after = long.MinValue;
        while (after is { } from)
        {
            await using var command = _database.Source.CreateCommand(
                """
                with page as (select id from messages where id > $1 order by id limit 5000),
                orphans as (
                    select m.id from messages m join page on page.id = m.id
                    where not exists (select 1 from inbox i where i.message = m.id) for update of m skip locked),
                gone as (delete from messages m using orphans where m.id = orphans.id)
                select max(id) from page
                """);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = from });
            after = await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) as long?;
        }
    }

    /// <returns>False when there was nothing.</returns>
    private async Task<bool> RemovePageAsync(CancellationToken cancellation)
    {
        await using var connection = await _database.Source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await using var first = new NpgsqlCommand("select session from discarded limit 1 for update skip locked", connection);
        if (await first.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is not long session)
            return false;
        var (count, unreferenced) = await RemovePageAsync(connection, session, cancellation).ConfigureAwait(false);
        if (count < PageSize)
        {
            await using var done = new NpgsqlCommand("delete from discarded where session = $1", connection);
            done.Parameters.Add(new NpgsqlParameter<long> { TypedValue = session });
            await done.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        Array.ForEach(unreferenced, _writer.Shared.Unreferenced);
        return true;
    }

    private static async Task<(int Count, long[] Unreferenced)> RemovePageAsync(
        NpgsqlConnection connection, long session, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            with page as (select number from inbox where session = $1 order by number limit $2),
            gone as (
                delete from inbox i using page where i.session = $1 and i.number = page.number
                returning i.message)
            select count(*)::int, array_agg(distinct message) filter (where message is not null) from gone
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = session });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = PageSize });
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await reader.ReadAsync(cancellation).ConfigureAwait(false);
        return (reader.GetInt32(0), reader.IsDBNull(1) ? [] : reader.GetFieldValue<long[]>(1));
    }

    private async Task RunAsync()
    {
        long? lastOrphans = null;
        var failing = false;
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                try
                {
                    await EmptyAsync(_stop.Token).ConfigureAwait(false);
                    failing = false;
                    if (lastOrphans is { } last && _time.GetElapsedTime(last) < OrphanInterval)
                        continue;
                    await RemoveOrphansAsync(_stop.Token).ConfigureAwait(false);
                    lastOrphans = _time.GetTimestamp();
                }
                catch (Exception error) when (!_stop.IsCancellationRequested)
                {
                    // Once, however long it lasts.
                    if (!failing)
                        LogFailed(Database.Reason(error));
                    failing = true;
                }
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Ended sessions could not be removed from PostgreSQL; trying again: {Problem}")]
    private partial void LogFailed(string problem);
}
