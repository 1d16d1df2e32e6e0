using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Storage.PostgreSql;
using Starling.Storage.PostgreSql.Tenants;

namespace Starling.Storage.Tests.PostgreSql.Tenants;

/// <summary>A database with the broker's tables, and a directory that follows it.</summary>
internal sealed class WatchedTenants : IAsyncDisposable
{
    public const string Hash = "AQAAAAIAAYagAAAAEKWW1t6UAkS6Gmu2KI4dQNNJIgOp3J9kOAKrIFKmF+qjeZawU2WSirnx8v8dZzExtQ==";

    /// <summary>A definition, in quotes for SQL, of a user who can log in.</summary>
    public const string Login = $$"""'{ "passwordHash": "{{Hash}}" }'""";

    private readonly BrokerMetrics _metrics = new();
    private readonly TenantWatch _watch;

    private WatchedTenants(Database database, TenantWatchOptions options)
    {
        Database = database;
        Directory = new(TimeProvider.System, new(_metrics));
        _watch = new(database, options, Directory, TimeProvider.System, Log.CreateLogger<TenantWatch>());
    }

    public Database Database { get; }

    public TenantDirectory Directory { get; }

    public CapturedLog Log { get; } = new();

    public IEnumerable<string> Names => Directory.Tenants.Select(tenant => tenant.Name).Order(StringComparer.Ordinal);

    public Tenant this[string name] => Directory.TryGet(name, out var tenant) ? tenant : throw new KeyNotFoundException(name);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="connectionString">Of an empty database.</param>
    /// <param name="sql">What is done before the watch begins.</param>
    /// <param name="options">Its times.</param>
    public static async Task<WatchedTenants> StartAsync(string connectionString, string sql = "", TenantWatchOptions? options = null)
    {
        using var log = new CapturedLog();
        var database = new Database(new() { ConnectionString = connectionString }, log, TimeProvider.System);
        await database.OpenAsync(Cancellation);
        var tenants = new WatchedTenants(database, options ?? new());
        if (sql.Length > 0)
            await tenants.ExecuteAsync(sql);
        await tenants._watch.StartAsync(Cancellation);
        return tenants;
    }

    /// <summary>In one transaction.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await Database.ConnectAsync("test", Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    /// <summary>Waits for a line with this in it; returns the lines before it.</summary>
    public async Task<IReadOnlyList<string>> LineAsync(string text)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        List<string> before = [];
        while (true)
        {
            var (_, line) = await Log.NextAsync(patience.Token);
            if (line.Contains(text, StringComparison.Ordinal))
                return before;
            before.Add(line);
        }
    }

    /// <summary>Writes a tenants file into the database.</summary>
    public async Task ImportAsync(string file)
    {
        await using var connection = await Database.ConnectAsync("test", Cancellation);
        await using var edit = await TenantEdit.BeginAsync(connection, Cancellation);
        await edit.SetAsync(TenantDefinition.FromFile("f", Encoding.UTF8.GetBytes(file)), Cancellation);
        await edit.CommitAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        await Database.DisposeAsync();
        _metrics.Dispose();
        Log.Dispose();
    }
}
