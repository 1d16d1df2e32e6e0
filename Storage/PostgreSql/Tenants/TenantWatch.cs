using Microsoft.Extensions.Logging;
using Npgsql;
using Starling.Broker.Tenants;

namespace Starling.Storage.PostgreSql.Tenants;

/// <summary>
/// Keeps a <see cref="TenantDirectory"/> as the database says. A connection of its own listens to what the triggers of the tables tell and
/// reads the tenants named. It listens before it reads, so that no change falls in between; after it was away it reads everything.
/// While the database is away, what was known holds.
/// </summary>
public sealed partial class TenantWatch : IAsyncDisposable
{
    private readonly Database _database;
    private readonly TenantWatchOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<TenantWatch> _logger;
    private readonly ServedTenants _tenants;
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private Task _following = Task.CompletedTask;

    /// <param name="database">Opened, so that its schema is up to date.</param>
    /// <param name="options">Times.</param>
    /// <param name="directory">Holds these tenants and no others from now on.</param>
    /// <param name="time">The clock of retries.</param>
    /// <param name="logger">Gets every mistake in a tenant.</param>
    public TenantWatch(Database database, TenantWatchOptions options, TenantDirectory directory, TimeProvider time, ILogger<TenantWatch> logger)
    {
        _database = database;
        _options = options;
        _time = time;
        _logger = logger;
        _tenants = new(directory, logger);
    }

    /// <summary>Loads the tenants and begins to follow changes. A tenant with mistakes is logged and left out.</summary>
    /// <exception cref="DatabaseException">The database does not answer.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            var connection = await ConnectAsync(cancellation);
            _following = RunAsync(connection);
        }
        catch (NpgsqlException error)
        {
            throw _database.Failure(error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following;
        _stop.Dispose();
    }

    private async Task RunAsync(NpgsqlConnection? connection)
    {
        var tries = 0;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (connection is null)
                {
                    await Task.Delay(RetryAfter(tries++), _time, _stop.Token);
                    connection = await ConnectAsync(_stop.Token);
                    LogBack();
                    tries = 0;
                }
                await FollowAsync(connection, _stop.Token);
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
            }
            catch (Exception error)
            {
                var problem = Database.Reason(error);
                if (tries == 0)
                    LogLost(problem);
                else
                    LogStillAway(problem);
            }
            if (connection is not null)
                await connection.DisposeAsync();
            connection = null;
        }
    }

    private TimeSpan RetryAfter(int tries)
    {
        var delay = _options.FirstRetry * Math.Pow(2, Math.Min(tries, 20));
        return delay < _options.LongestRetry ? delay : _options.LongestRetry;
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellation)
    {
        _told.Clear();
        var connection = await _database.ConnectAsync("tenants", cancellation);
        try
        {
            // Raised inside of the calls on this connection, by no thread of its own.
            connection.Notification += (_, notification) => _told.Add(notification.Payload);
            await ExecuteAsync(connection, "listen " + TenantTable.Channel, cancellation);
            _tenants.Replace(await TenantTable.ReadAllAsync(connection, cancellation));
            LogLoaded(_tenants.Count);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends with an exception only.</summary>
    private async Task FollowAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        while (true)
        {
            if (_told.Count > 0 || await connection.WaitAsync(_options.Heartbeat, cancellation))
                await ReloadAsync(connection, cancellation);
            else
                await ExecuteAsync(connection, "select 1", cancellation);
        }
    }

    private async Task ReloadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var since = _time.GetTimestamp();
        while (await connection.WaitAsync(_options.Quiet, cancellation) && _time.GetElapsedTime(since) < _options.LongestBurst)
        {
        }
        string[] names = [.. _told];
        _told.Clear();
        if (names.Contains(string.Empty))
            _tenants.Replace(await TenantTable.ReadAllAsync(connection, cancellation));
        else
            _tenants.Replace(names, await TenantTable.ReadAsync(connection, names, cancellation));
        LogReloaded(names.Length);
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = (int)_options.HeartbeatTimeout.TotalSeconds };
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
