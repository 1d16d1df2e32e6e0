using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Standalone;
using Starling.Broker.Tenants;
using Starling.Broker.Time;
using Starling.Protocol;
using Starling.Storage.Memory;
using Starling.Storage.PostgreSql;
using Starling.Storage.PostgreSql.Retained;
using Starling.Storage.PostgreSql.Writing;
using Starling.Testing;

namespace Starling.Storage.Tests.PostgreSql.Retained;

/// <summary>A broker's tenant <c>t</c> with its retained messages in PostgreSQL; another one on the same database is the broker restarted.</summary>
internal sealed class RetainedBroker : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly BrokerMetrics _metrics = new();
    private readonly CapturedLog _log = new();
    private readonly Database _database;
    private readonly GroupCommit _writer;
    private readonly DelayQueue _due;
    private readonly StandaloneCluster _cluster;

    private RetainedBroker(Database database)
    {
        _database = database;
        var meters = _services.GetRequiredService<IMeterFactory>();
        _writer = new GroupCommit(database, new WriterMetrics(meters), TimeProvider.System, new Logger<GroupCommit>(_log));
        Store = new PostgreSqlRetainedStore(database, _writer, TimeProvider.System, NullLogger<PostgreSqlRetainedStore>.Instance);
        _due = new DelayQueue(Time, NullLogger<DelayQueue>.Instance);
        var metrics = new TenantMetrics(_metrics);
        var directory = new TenantDirectory(Time, metrics);
        directory.Apply([new TenantOptions { Name = "t" }]);
        var inboxes = new MemoryInboxStore();
        _cluster = new StandaloneCluster(
            directory,
            new StandaloneStores(Store, new MemorySessionStore(inboxes), inboxes),
            new ClientIdCollisions(Time, metrics, NullLogger<ClientIdCollisions>.Instance),
            _due,
            Time,
            _metrics,
            NullLoggerFactory.Instance);
    }

    public PostgreSqlRetainedStore Store { get; }

    /// <summary>For what expires; the store waits by the system's clock.</summary>
    public ManualTime Time { get; } = new();

    public long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public long Count => _metrics.For("t").RetainedMessages.Value;

    public static async Task<RetainedBroker> StartAsync(string connectionString, int queueBytes = 64 * 1024 * 1024)
    {
        var database = new Database(
            new PostgreSqlOptions { ConnectionString = connectionString, QueueBytes = queueBytes }, NullLoggerFactory.Instance, TimeProvider.System);
        await database.OpenAsync(TestContext.Current.CancellationToken);
        return new RetainedBroker(database);
    }

    public static Message Message(
        string topic, string payload, QualityOfService qos = QualityOfService.AtLeastOnce, long expiresAt = Starling.Broker.Messages.Message.Never) =>
        Starling.Broker.Messages.Message.Create(new Topic(topic), Encoding.UTF8.GetBytes(payload), qos, retain: true, expiresAt: expiresAt);

    /// <summary>Publishes them in one batch.</summary>
    public async Task<PublishBatch> PublishAsync(params Message[] messages)
    {
        var batch = new PublishBatch();
        foreach (var message in messages)
            batch.Add(message);
        await _cluster.Shard("t", 0).PublishAsync(batch, origin: null);
        return batch;
    }

    /// <summary>Topics and payloads that a new subscription would get, by topic.</summary>
    public async Task<SortedDictionary<string, string>> ReplayAsync(string filter)
    {
        var replayed = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var cursor = new RetainedCursor(filter);
        bool more;
        do
        {
            (var messages, more) = await _cluster.Shard("t", 0).ReadRetainedAsync(cursor, 256);
            foreach (var message in messages)
                replayed.Add(message.Topic.Text, Encoding.UTF8.GetString(message.Payload));
        }
        while (more);
        return replayed;
    }

    public async Task<List<RetainedRow>> LoadAsync(int shard = 0, int shards = 1)
    {
        var rows = new List<RetainedRow>();
        await foreach (var row in Store.LoadAsync("t", shard, shards, Now, TestContext.Current.CancellationToken))
            rows.Add(row);
        return rows;
    }

    public async Task<object?> ScalarAsync(string sql)
    {
        await using var command = _database.Source.CreateCommand(sql);
        command.CommandTimeout = 0;
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Done when the writer has said that nothing can be written.</summary>
    public async Task FailedAsync()
    {
        while (!(await _log.NextAsync(TestContext.Current.CancellationToken)).Text.StartsWith("Nothing can be written", StringComparison.Ordinal))
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _database.DisposeAsync();
        _due.Dispose();
        _metrics.Dispose();
        await _services.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
    }
}
