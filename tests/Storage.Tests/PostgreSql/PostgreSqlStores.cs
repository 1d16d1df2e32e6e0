using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Contracts;
using Starling.Storage.PostgreSql;
using Starling.Storage.PostgreSql.Inboxes;
using Starling.Storage.PostgreSql.Retained;
using Starling.Storage.PostgreSql.Sessions;
using Starling.Storage.PostgreSql.Shards;
using Starling.Storage.PostgreSql.Writing;
using Starling.Storage.Tests.Contracts;
using Starling.Testing.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql;

/// <summary>The stores of one process on a database.</summary>
public sealed class PostgreSqlStores : Stores
{
    private readonly string _connectionString;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Database _database;
    private readonly GroupCommit _writer;

    private PostgreSqlStores(string connectionString, bool isShared, int queueBytes)
    {
        _connectionString = connectionString;
        _database = new Database(new PostgreSqlOptions { ConnectionString = connectionString, IsShared = isShared, QueueBytes = queueBytes }, NullLoggerFactory.Instance, TimeProvider.System);
        _writer = new GroupCommit(
            _database, new WriterMetrics(_services.GetRequiredService<IMeterFactory>()), TimeProvider.System, NullLogger<GroupCommit>.Instance);
        Sessions = new PostgreSqlSessionStore(_database, _writer, TimeProvider.System, NullLogger<PostgreSqlSessionStore>.Instance);
        Inboxes = new PostgreSqlInboxStore(_database, _writer, NullLogger<PostgreSqlInboxStore>.Instance);
        Retained = new PostgreSqlRetainedStore(_database, _writer, TimeProvider.System, NullLogger<PostgreSqlRetainedStore>.Instance);
        Shards = new PostgreSqlShardStore(_database, TimeProvider.System, NullLogger<PostgreSqlShardStore>.Instance);
    }

    public Database Database => _database;

    public GroupCommit Writer => _writer;

    public override ISessionStore Sessions { get; }

    public override IInboxStore Inboxes { get; }

    public IRetainedStore Retained { get; }

    public IShardStore Shards { get; }

    public static async Task<Stores> OpenAsync(SharedPostgres postgres) => await OpenAsync(await postgres.CreateDatabaseAsync());

    /// <summary>Those of the next process, once this one has been disposed of.</summary>
    public Task<PostgreSqlStores> ReopenAsync() => OpenAsync(_connectionString);

    public override async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _database.DisposeAsync();
        await _services.DisposeAsync();
    }

    public static async Task<PostgreSqlStores> OpenAsync(string connectionString, bool isShared = false, int queueBytes = 64 * 1024 * 1024)
    {
        var stores = new PostgreSqlStores(connectionString, isShared, queueBytes);
        await stores._database.OpenAsync(TestContext.Current.CancellationToken);
        return stores;
    }
}

public sealed class PostgreSqlSessionStoreTests(SharedPostgres postgres) : SessionStoreContract
{
    protected override Task<Stores> OpenAsync() => PostgreSqlStores.OpenAsync(postgres);
}

public sealed class PostgreSqlInboxStoreTests(SharedPostgres postgres) : InboxStoreContract
{
    protected override Task<Stores> OpenAsync() => PostgreSqlStores.OpenAsync(postgres);
}

public sealed class PostgreSqlEpochTests(SharedPostgres postgres) : EpochContract
{
    protected override Task<Stores> OpenAsync() => PostgreSqlStores.OpenAsync(postgres);
}

public sealed class PostgreSqlLastingTests(SharedPostgres postgres) : LastingStoreContract
{
    protected override Task<Stores> OpenAsync() => PostgreSqlStores.OpenAsync(postgres);

    protected override async Task<Stores> ReopenAsync(Stores stores)
    {
        await stores.DisposeAsync();
        return await ((PostgreSqlStores)stores).ReopenAsync();
    }
}

public sealed class PostgreSqlLateCopyTests(SharedPostgres postgres) : LateCopyContract
{
    protected override async Task<Stores> OpenAsync() => await PostgreSqlStores.OpenAsync(await postgres.CreateDatabaseAsync(), isShared: true);
}
