using System.Net;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Starling.Storage.PostgreSql;

public enum SingleBrokerState
{
    /// <summary>Not taken yet, or lost with its connection: another broker may come.</summary>
    Absent,

    /// <summary>This process alone has the database, or nodes of its cluster have.</summary>
    Held,

    /// <summary>Another broker came while the connection was lost. It stays so: what this process has in memory is no longer true.</summary>
    TakenByAnother,
}

/// <summary>
/// Sees to it that standalone brokers, which have sessions and routes in memory, never share a database, neither with each other nor with
/// a cluster: a connection of its own holds an advisory lock as long as the process runs, exclusively for a standalone broker, shared for a
/// node of a cluster (<see cref="PostgreSqlOptions.IsShared"/>). When the connection is lost the lock is taken again as soon as that is
/// possible.
/// </summary>
public sealed partial class SingleBroker(Database database, TimeProvider time, ILogger<SingleBroker> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a broker that was just killed may still seem to be there.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _end = new();
    private readonly string _purpose = $"lock {Guid.NewGuid():N}";
    private volatile SingleBrokerState _state;
    private Task _watch = Task.CompletedTask;

    public SingleBrokerState State => _state;

    private string Rule => database.Options.IsShared
        ? "a cluster and a standalone broker cannot share a database"
        : "standalone brokers cannot share a database";

    /// <summary>After every change of <see cref="State"/>, on a thread of the pool.</summary>
    public event Action<SingleBrokerState>? Changed;

    /// <summary>Takes the lock, once.</summary>
    /// <exception cref="DatabaseException">Another broker has it, or the server fails.</exception>
    public async Task TakeAsync(CancellationToken cancellation = default)
    {
        try
        {
            var started = time.GetTimestamp();
            var (connection, where) = await TryTakeAsync(cancellation);
            while (connection is null && time.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(Pause, time, cancellation);
                (connection, where) = await TryTakeAsync(cancellation);
            }
            if (connection is null)
                throw new DatabaseException($"{database.Place}: {where ?? "another broker"} uses it; {Rule}");
            Become(SingleBrokerState.Held);
            _watch = WatchAsync(connection);
        }
        catch (NpgsqlException e)
        {
            throw database.Failure(e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watch;
        _end.Dispose();
    }

    private async Task WatchAsync(NpgsqlConnection? connection)
    {
        while (connection is not null)
        {
            await using (connection)
            {
                try
                {
                    while (true)
                        await connection.WaitAsync(_end.Token);
                }
                catch (OperationCanceledException) when (_end.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception e)
                {
                    LogLost(Database.Reason(e));
                }
            }
            Become(SingleBrokerState.Absent);
            connection = await TakeAgainAsync();
        }
    }

    /// <summary>Null when there is no point in it any more.</summary>
    private async Task<NpgsqlConnection?> TakeAgainAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var (connection, where) = await TryTakeAsync(_end.Token);
                if (connection is not null)
                {
                    LogTakenAgain();
                    Become(SingleBrokerState.Held);
                    return connection;
                }
                if (where is not null)
                {
                    LogTakenByAnother(where);
                    Become(SingleBrokerState.TakenByAnother);
                    return null;
                }
            }
            catch (Exception)
            {
                // The server is still away, which was told, or this is the end.
            }
            await Task.Delay(Pause, time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return null;
    }

    /// <summary>The connection with the lock, or who and where its holder is: null when nobody is there to be seen, or it was this process.</summary>
    private async Task<(NpgsqlConnection? Connection, string? Where)> TryTakeAsync(CancellationToken cancellation)
    {
        var connection = await database.ConnectAsync(_purpose, cancellation);
        try
        {
            // The server shall notice a machine that is gone, too, and give the lock to whoever starts in its place.
            await connection.ScalarAsync("set tcp_keepalives_idle = 3; set tcp_keepalives_interval = 1; set tcp_keepalives_count = 7", cancellation);
            if (await connection.ScalarAsync($"select pg_try_advisory_lock{(database.Options.IsShared ? "_shared" : "")}({AdvisoryLock.SingleBroker})", cancellation) is true)
            {
                var held = connection;
                connection = null;
                return (held, null);
            }
            return (null, await HolderAsync(connection, cancellation));
        }
        finally
        {
            if (connection is not null)
                await connection.DisposeAsync();
        }
    }

    /// <summary>An earlier connection of this process, which the server has not missed yet, is ended.</summary>
    private async Task<string?> HolderAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"""
            select client_addr, mode, case when application_name = current_setting('application_name') then pg_terminate_backend(pid) end
            from pg_locks join pg_stat_activity using (pid)
            where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
                and (classid::bigint << 32 | objid::bigint) = {AdvisoryLock.SingleBroker} and objsubid = 1 and granted
            """,
            connection);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        if (!await rows.ReadAsync(cancellation) || !await rows.IsDBNullAsync(2, cancellation))
            return null;
        var kind = rows.GetString(1) == "ShareLock" ? "a cluster's node" : database.Options.IsShared ? "a standalone broker" : "another broker";
        return await rows.IsDBNullAsync(0, cancellation) ? kind : $"{kind} at {rows.GetFieldValue<IPAddress>(0)}";
    }

    private void Become(SingleBrokerState state)
    {
        _state = state;
        Changed?.Invoke(state);
    }
}
