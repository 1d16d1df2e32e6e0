using Npgsql;
using Starling.LoadGenerator.Statistics;

namespace Starling.LoadGenerator.Database;

/// <summary>Looks at the PostgreSQL server on this machine that the broker keeps its state in.</summary>
internal sealed class DatabaseWatch : IDisposable
{
    /// <summary>How long to wait until all that was done is in the statistics.</summary>
    public static readonly TimeSpan StatisticsDelay = TimeSpan.FromSeconds(11);

    private const string UseQuery =
        "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";

    private const string StatisticsQuery = """
        select xact_commit, (select n_tup_ins from pg_stat_user_tables where schemaname = 'starling' and relname = 'inbox')
        from pg_stat_database where datname = current_database()
        """;

    private readonly NpgsqlConnection _connection;
    private readonly int? _pid;

    private DatabaseWatch(NpgsqlConnection connection, int? pid) => (_connection, _pid) = (connection, pid);

    public string ConnectionString => _connection.ConnectionString;

    /// <param name="connectionString">Of the broker's database.</param>
    /// <param name="pid">The server's first process; null when unknown: no CPU time then.</param>
    /// <exception cref="NpgsqlException">No connection.</exception>
    public static DatabaseWatch Open(string connectionString, int? pid)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, PersistSecurityInfo = true };
        var connection = new NpgsqlConnection(builder.ConnectionString);
        connection.Open();
        return new DatabaseWatch(connection, pid);
    }

    public DatabaseUse Read()
    {
        var (transactions, walBytes) = Query(UseQuery);
        return new DatabaseUse((_pid is { } pid ? ProcessUse.CpuSecondsWithChildren(pid) : null) ?? 0, transactions, walBytes ?? 0);
    }

    public DatabaseStatistics ReadStatistics()
    {
        var (commits, rows) = Query(StatisticsQuery);
        return new DatabaseStatistics(commits, rows);
    }

    public void Dispose() => _connection.Dispose();

    private (long First, long? Second) Query(string sql)
    {
        using var command = new NpgsqlCommand(sql, _connection);
        using var reader = command.ExecuteReader();
        reader.Read();
        return (reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetInt64(1));
    }
}
