using Starling.EndToEnd.Tests.Harness;
using Starling.Testing.PostgreSql;

namespace Starling.EndToEnd.Tests;

public sealed class StorageTests(SharedPostgres postgres)
{
    [Fact]
    public async Task Database_is_opened_before_anything_listens()
    {
        await using var broker = Start(await postgres.CreateDatabaseAsync());

        await broker.LineAsync("Database schema: applied 0001_");
        await broker.LineAsync("State is kept in PostgreSQL at 127.0.0.1:");
        await broker.LineAsync("Listening on");
        await broker.SignalAsync("TERM");

        await broker.SucceedAsync();
    }

    [Fact]
    public async Task Second_broker_on_a_database_stops_with_one_clear_line()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var first = Start(database);
        await first.LineAsync("Listening on");

        await using var second = Start(database, "--set", "logging.level=warning");

        (await second.ExitAsync()).ShouldHaveSingleItem().ShouldContain("another broker at 127.0.0.1 uses it");
        second.ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task Broker_that_was_killed_can_be_started_again_at_once()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var first = Start(database);
        await first.LineAsync("Listening on");
        await first.KillAsync();

        await using var second = Start(database);

        await second.LineAsync("Listening on");
    }

    [Fact]
    public async Task Wrong_password_is_one_clear_line_without_it()
    {
        await using var broker = Start(await postgres.CreateDatabaseAsync() + ";Password=s3cret");

        var line = (await broker.ExitAsync()).ShouldHaveSingleItem();

        broker.ExitCode.ShouldBe(1);
        line.ShouldStartWith("starling: PostgreSQL at 127.0.0.1:");
        line.ShouldContain("password authentication failed");
        line.ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task Database_that_does_not_come_is_said_once_while_it_is_waited_for_and_once_at_the_end()
    {
        // Nobody listens on port 1. The writer asks for the server every two seconds, but not before it was there.
        await using var broker = Start("Host=127.0.0.1;Port=1;Database=d;Username=u", "--set", "storage.startTimeout=4s");

        var lines = await broker.ExitAsync();

        broker.ExitCode.ShouldBe(1);
        lines.Length.ShouldBe(2, string.Join('\n', lines));
        lines[0].ShouldContain("does not answer yet");
        lines[1].ShouldStartWith("starling: PostgreSQL at 127.0.0.1:1");
    }

    [Fact]
    public async Task Connection_string_that_cannot_be_is_one_clear_line_that_names_the_setting()
    {
        await using var broker = Start("Host=db.test;Database=d;Password=s3cret");

        var line = (await broker.ExitAsync()).ShouldHaveSingleItem();

        broker.ExitCode.ShouldBe(2);
        line.ShouldStartWith("starling: --set: storage.connectionString: names no Username");
        line.ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task Broker_that_waits_for_its_database_ends_when_it_is_told_to()
    {
        // Nobody listens on port 1.
        await using var broker = Start("Host=127.0.0.1;Port=1;Database=d;Username=u");
        await broker.LineAsync("does not answer yet");

        await broker.SignalAsync("TERM");

        await broker.SucceedAsync();
    }

    private static ChildProcess Start(string connectionString, params string[] more) => ChildProcess.Start(
        "dotnet",
        [
            Installation.Broker, "--set", """listeners=[{"type":"tcp","port":0,"tenant":"demo"}]""", "--set", "management=null",
            "--set", "storage.connectionString=" + connectionString, .. more,
        ]);
}
