using Npgsql;
using Starling.Testing.PostgreSql;

namespace Starling.EndToEnd.Tests.Storage;

/// <summary>How PostgreSQL may be away.</summary>
public enum OutageKind
{
    Stopped,
    StandingStill,
    OutOfConnections,
}

/// <summary>One time that PostgreSQL is away.</summary>
internal sealed class Outage(PostgresServer postgres, OutageKind kind) : IAsyncDisposable
{
    private readonly List<NpgsqlConnection> _held = [];

    public async Task BeginAsync()
    {
        switch (kind)
        {
            case OutageKind.Stopped:
                await postgres.StopAsync(immediate: false);
                break;
            case OutageKind.StandingStill:
                await postgres.PauseAsync();
                break;
            default:
                await TakeAllConnectionsAsync();
                break;
        }
    }

    public async Task EndAsync()
    {
        switch (kind)
        {
            case OutageKind.Stopped:
                await postgres.StartAgainAsync();
                break;
            case OutageKind.StandingStill:
                await postgres.ResumeAsync();
                break;
            default:
                await DisposeAsync();
                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _held)
            await connection.DisposeAsync();
        _held.Clear();
    }

    /// <summary>While nobody else may come the broker loses its connections and all that there are get taken.</summary>
    private async Task TakeAllConnectionsAsync()
    {
        _held.Add(await OpenAsync());
        await ExecuteAsync("alter role starling connection limit 0");
        await ExecuteAsync("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'starling'");
        try
        {
            while (true)
                _held.Add(await OpenAsync());
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.TooManyConnections)
        {
            await ExecuteAsync("alter role starling connection limit -1");
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _held[0]);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(postgres.AdminConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
