using Npgsql;

namespace Starling.Storage.PostgreSql.Writing;

/// <summary>
/// The one connection over which this process writes. When it is lost while a transaction is under way, nobody knows whether that is
/// committed, or still going to be: before anything is tried again, the old connection's server process is ended.
/// </summary>
internal sealed class WriterConnection(Database database, SharedMessages shared) : IAsyncDisposable
{
    // Statements over arrays are always the same, and never want a whole table, whatever was in it when they were planned.
    private const string Settings = """
        set plan_cache_mode = force_generic_plan;
        set enable_seqscan = off;
        set enable_hashjoin = off;
        set enable_mergejoin = off;
        set enable_material = off;
        set jit = off;
        """;

    private NpgsqlConnection? _connection;
    private (int Process, DateTime Started)? _last;
    private DateTime? _server;

    /// <summary>
    /// Whether the last <see cref="ExecuteAsync"/> had a connection, and what failed was the transaction. That no connection can be opened is
    /// never the fault of what is to be written.
    /// </summary>
    public bool HasFailedInStatement { get; private set; }

    public async Task ExecuteAsync(WriteBatch batch, CancellationToken cancellation)
    {
        HasFailedInStatement = false;
        try
        {
            _connection ??= await OpenAsync(cancellation).ConfigureAwait(false);
            HasFailedInStatement = true;
            await shared.ReserveAsync(_connection, cancellation).ConfigureAwait(false);
            await batch.ExecuteAsync(_connection, cancellation).ConfigureAwait(false);
        }
        catch (PostgresException error) when (WriteErrors.IsInTheWay(error) || WriteErrors.IsInTheData(error))
        {
            throw;
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Asks the server whether it is there.</summary>
    public async Task PingAsync(CancellationToken cancellation)
    {
        try
        {
            _connection ??= await OpenAsync(cancellation).ConfigureAwait(false);
            await using var command = new NpgsqlCommand("select 1", _connection);
            await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
            await connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        var connection = await database.ConnectAsync("writer", cancellation).ConfigureAwait(false);
        try
        {
            if (_last is { } last)
                await EndAsync(connection, last, cancellation).ConfigureAwait(false);
            await using (var settings = new NpgsqlCommand(Settings, connection))
                await settings.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            await using var self = new NpgsqlCommand(
                "select pid, backend_start, pg_postmaster_start_time() from pg_stat_activity where pid = pg_backend_pid()", connection);
            await using var reader = await self.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await reader.ReadAsync(cancellation).ConfigureAwait(false);
            _last = (reader.GetInt32(0), reader.GetDateTime(1));
            var server = reader.GetDateTime(2);
            // Another server than before: those who read follow.
            if (_server is { } before && before != server)
                database.Reconnect();
            _server = server;
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task EndAsync(NpgsqlConnection connection, (int Process, DateTime Started) last, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid = $1 and backend_start = $2", connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = last.Process });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = last.Started });
        if (await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is false)
            throw new NpgsqlException($"The server process {last.Process} of the connection before does not end.");
    }
}
