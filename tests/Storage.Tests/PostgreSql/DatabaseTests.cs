using Microsoft.Extensions.Logging;
using Npgsql;
using Starling.Storage.PostgreSql;
using Starling.Testing.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql;

public sealed class DatabaseTests(SharedPostgres postgres) : IDisposable
{
    private readonly CapturedLog _log = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Connections_find_the_tables_and_say_who_they_are()
    {
        await using var database = Make(await postgres.CreateDatabaseAsync());
        await database.OpenAsync(Cancellation);

        await using var pooled = await database.Source.OpenConnectionAsync(Cancellation);
        (await pooled.ScalarAsync("select count(*) from inbox", Cancellation)).ShouldBe(0L);
        (await pooled.ScalarAsync("show application_name", Cancellation)).ShouldBe("starling");
        await using var own = await database.ConnectAsync("writer", Cancellation);
        (await own.ScalarAsync("select count(*) from retained", Cancellation)).ShouldBe(0L);
        (await own.ScalarAsync("show application_name", Cancellation)).ShouldBe("starling writer");
    }

    [Fact]
    public async Task Wrong_password_stops_the_start_at_once_and_is_not_shown()
    {
        var failure = await FailsAsync(text => text.Password = "s3cret");

        failure.ShouldContain("user \"starling\": password authentication failed for user \"starling\" (28P01)");
        failure.ShouldNotContain("s3cret");
        _log.Rest().ShouldBeEmpty();
    }

    [Fact]
    public async Task Missing_database_stops_the_start_at_once()
    {
        var failure = await FailsAsync(text => text.Database = "nowhere");

        failure.ShouldContain("database \"nowhere\", user \"starling\": database \"nowhere\" does not exist (3D000)");
        _log.Rest().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_database_that_is_not_UTF8_stops_the_start_with_one_line()
    {
        var server = await postgres.ServerAsync();
        await server.ExecuteAsync("create database latin owner starling template template0 encoding 'LATIN1' locale 'C'");

        var failure = await FailsAsync(text => text.Database = "latin");

        failure.ShouldEndWith("database \"latin\", user \"starling\": the database has the encoding LATIN1; Starling needs one made with ENCODING 'UTF8'");
    }

    [Fact]
    public async Task Server_that_is_not_there_stops_the_start_after_a_while_with_one_line_of_log()
    {
        // Nobody listens on port 1.
        var failure = await FailsAsync(text => text.Port = 1, TimeSpan.FromSeconds(1));

        failure.ShouldStartWith("PostgreSQL at 127.0.0.1:1, database \"");
        failure.ShouldContain("Connection refused; waited 1 s for it");
        _log.Rest().ShouldHaveSingleItem().Level.ShouldBe(LogLevel.Warning);
    }

    [Fact]
    public async Task Server_that_stands_still_stops_the_start_after_a_while()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var database = Make(await server.CreateDatabaseAsync(), TimeSpan.FromSeconds(1));
        await server.PauseAsync();

        var failure = await Should.ThrowAsync<DatabaseException>(() => database.OpenAsync(Cancellation));

        failure.Message.ShouldContain("no answer; waited 1 s for it");
    }

    [Fact]
    public async Task Server_that_comes_in_time_is_waited_for()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var database = Make(await server.CreateDatabaseAsync());
        await server.StopAsync(immediate: true);

        var open = database.OpenAsync(Cancellation);
        (await _log.NextAsync(Cancellation)).Text.ShouldContain("does not answer yet, waiting up to 30 s");
        await server.StartAgainAsync();
        await open;

        _log.Rest().ShouldNotContain(line => line.Level == LogLevel.Warning);
    }

    [Fact]
    public async Task Waiting_for_a_server_can_be_given_up()
    {
        await using var database = Make("Host=127.0.0.1;Port=1;Database=d;Username=u");
        using var stop = new CancellationTokenSource();

        var open = database.OpenAsync(stop.Token);
        await _log.NextAsync(Cancellation);
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => open);
    }

    private async Task<string> FailsAsync(Action<NpgsqlConnectionStringBuilder> change, TimeSpan? startTimeout = null)
    {
        var text = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync());
        change(text);
        await using var database = Make(text.ConnectionString, startTimeout);
        var failure = await Should.ThrowAsync<DatabaseException>(() => database.OpenAsync(Cancellation));
        failure.Message.ShouldNotContain("\n");
        return failure.Message;
    }

    private Database Make(string connectionString, TimeSpan? startTimeout = null) =>
        new(new PostgreSqlOptions { ConnectionString = connectionString, StartTimeout = startTimeout ?? TimeSpan.FromSeconds(30) }, _log, TimeProvider.System);
}
