using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;
using Starling.Storage.PostgreSql;
using Starling.Testing.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql;

public sealed class SingleBrokerTests(SharedPostgres postgres) : IDisposable
{
    private readonly CapturedLog _log = new();
    private readonly Channel<SingleBrokerState> _states = Channel.CreateUnbounded<SingleBrokerState>();
    private readonly CancellationTokenSource _patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private CancellationToken Patience => _patience.Token;

    public void Dispose()
    {
        _patience.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task Second_broker_on_a_database_is_refused()
    {
        var connectionString = await postgres.CreateDatabaseAsync();
        await using var database = Make(connectionString);
        await using var first = Make(database);
        await using var second = Make(database);
        await first.TakeAsync(Patience);

        var refusal = await Should.ThrowAsync<DatabaseException>(() => second.TakeAsync(Patience));

        refusal.Message.ShouldEndWith("another broker at 127.0.0.1 uses it; standalone brokers cannot share a database");
        first.State.ShouldBe(SingleBrokerState.Held);
        second.State.ShouldBe(SingleBrokerState.Absent);
    }

    [Fact]
    public async Task Nodes_of_a_cluster_share_a_database_and_no_standalone_broker_does()
    {
        var connectionString = await postgres.CreateDatabaseAsync();
        await using var shared = Make(connectionString, isShared: true);
        await using var alone = Make(connectionString);
        await using var standalone = Make(alone);
        await using (var one = Make(shared))
        {
            await one.TakeAsync(Patience);
            await using var other = Make(shared);
            await other.TakeAsync(Patience);

            var refusal = await Should.ThrowAsync<DatabaseException>(() => standalone.TakeAsync(Patience));
            refusal.Message.ShouldEndWith("a cluster's node at 127.0.0.1 uses it; standalone brokers cannot share a database");
        }

        await standalone.TakeAsync(Patience);
        await using var late = Make(shared);
        var kept = await Should.ThrowAsync<DatabaseException>(() => late.TakeAsync(Patience));
        kept.Message.ShouldEndWith("a standalone broker at 127.0.0.1 uses it; a cluster and a standalone broker cannot share a database");
    }

    [Fact]
    public async Task Broker_may_come_when_the_one_before_it_has_gone()
    {
        await using var database = Make(await postgres.CreateDatabaseAsync());
        await using (var first = Make(database))
            await first.TakeAsync(Patience);

        await using var second = Make(database);
        await second.TakeAsync(Patience);

        second.State.ShouldBe(SingleBrokerState.Held);
    }

    [Fact]
    public async Task Lock_is_taken_again_when_its_connection_was_lost()
    {
        var connectionString = await postgres.CreateDatabaseAsync();
        await using var database = Make(connectionString);
        await using var broker = Make(database);
        await broker.TakeAsync(Patience);

        await (await postgres.ServerAsync()).KillBackendsAsync(new NpgsqlConnectionStringBuilder(connectionString).Database!);

        await ShouldBecomeAsync(SingleBrokerState.Held, SingleBrokerState.Absent, SingleBrokerState.Held);
        await using var second = Make(database);
        await Should.ThrowAsync<DatabaseException>(() => second.TakeAsync(Patience));
    }

    [Fact]
    public async Task Lock_is_taken_again_from_an_own_connection_that_the_server_has_not_missed_yet()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var database = Make(await server.CreateDatabaseAsync() + ";Timeout=1;Command Timeout=1");
        await using var broker = Make(database);
        await broker.TakeAsync(Patience);

        await server.PauseAsync();
        await ShouldBecomeAsync(SingleBrokerState.Held, SingleBrokerState.Absent);
        await server.ResumeAsync();

        await ShouldBecomeAsync(SingleBrokerState.Held);
    }

    [Fact]
    public async Task Broker_that_came_meanwhile_is_reported()
    {
        // A role of its own, to be kept out for a while.
        var server = await postgres.ServerAsync();
        await server.ExecuteAsync("create role meanwhile login password 'starling'");
        var text = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync()) { Username = "meanwhile" };
        await using var database = Make(text.ConnectionString);
        await using var broker = Make(database);
        await broker.TakeAsync(Patience);
        await server.ExecuteAsync("alter role meanwhile nologin");
        await server.KillBackendsAsync(text.Database!);
        await ShouldBecomeAsync(SingleBrokerState.Held, SingleBrokerState.Absent);

        text.Username = "starling";
        await using var otherDatabase = Make(text.ConnectionString);
        await using var other = new SingleBroker(otherDatabase, TimeProvider.System, _log.CreateLogger<SingleBroker>());
        await other.TakeAsync(Patience);
        await server.ExecuteAsync("alter role meanwhile login");

        await ShouldBecomeAsync(SingleBrokerState.TakenByAnother);
        broker.State.ShouldBe(SingleBrokerState.TakenByAnother);
        other.State.ShouldBe(SingleBrokerState.Held);
        _log.Rest()[^1].Level.ShouldBe(LogLevel.Error);
    }

    private Database Make(string connectionString, bool isShared = false) =>
        new(new PostgreSqlOptions { ConnectionString = connectionString, IsShared = isShared }, _log, TimeProvider.System);

    private SingleBroker Make(Database database)
    {
        _patience.CancelAfter(TimeSpan.FromSeconds(60));
        var broker = new SingleBroker(database, TimeProvider.System, _log.CreateLogger<SingleBroker>());
        broker.Changed += state => _states.Writer.TryWrite(state);
        return broker;
    }

    private async Task ShouldBecomeAsync(params SingleBrokerState[] states)
    {
        foreach (var state in states)
            (await _states.Reader.ReadAsync(Patience)).ShouldBe(state);
    }
}
