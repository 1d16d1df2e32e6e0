using System.Diagnostics;
using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests.Storage;

/// <summary>A broker ends, or begins, while PostgreSQL is away.</summary>
public sealed class OutageEndTests(OutageServer postgres) : IClassFixture<OutageServer>
{
    [Theory]
    [InlineData(OutageKind.Stopped)]
    [InlineData(OutageKind.StandingStill)]
    [Trait("Lane", "alone")]
    public async Task Broker_that_is_told_to_stop_ends_well_within_its_timeout(OutageKind kind)
    {
        await using var broker = await StoredBroker.StartAsync(postgres.Server);
        await using var outage = new Outage(postgres.Server, kind);
        await using var kept = await broker.ConnectAsync("kept", expiry: 3600);
        await kept.SubscribeAsync("d/#", Protocol.QualityOfService.AtLeastOnce);
        await using var waiting = await broker.ConnectAsync("waiting", expiry: 3600);
        await outage.BeginAsync();
        try
        {
            await new DurablePublisher(waiting).SendAsync("d/1", [1, 2, 3]);
            var connecting = broker.TryConnectAsync("new");
            await broker.NotReadyAsync();
            var since = Stopwatch.GetTimestamp();

            await broker.Process.StopAsync();

            // Of 10 seconds, and what a process takes to end.
            Stopwatch.GetElapsedTime(since).ShouldBeLessThan(TimeSpan.FromSeconds(10), broker.Process.Story);
            (await connecting).ShouldBe(Protocol.ReasonCode.ServerUnavailable);
        }
        finally
        {
            await outage.EndAsync();
        }
    }

    [Fact]
    public async Task Broker_that_starts_before_its_database_waits_for_it()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        await postgres.Server.StopAsync(immediate: false);
        ChildProcess? broker = null;
        try
        {
            broker = Start(database);
            await broker.LineAsync("does not answer yet");
        }
        finally
        {
            await postgres.Server.StartAgainAsync();
        }

        await using (broker)
        {
            await broker.LineAsync("State is kept in PostgreSQL");
            await broker.LineAsync("Listening on");
            await broker.SignalAsync("TERM");
            await broker.SucceedAsync();
        }
    }

    [Fact]
    public async Task Schema_of_a_newer_broker_is_one_clear_line()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        await using (var first = Start(database))
        {
            await first.LineAsync("Listening on");
            await first.SignalAsync("TERM");
            await first.SucceedAsync();
        }

        await postgres.Server.ExecuteAsync(
            "insert into starling.schema_version (version, name) values (9999, '9999_future')", new Npgsql.NpgsqlConnectionStringBuilder(database).Database!);

        await using var second = Start(database);

        (await second.ExitAsync()).ShouldHaveSingleItem().ShouldContain("newer");
        second.ExitCode.ShouldBe(1);
    }

    private static ChildProcess Start(string connectionString) => ChildProcess.Start(
        "dotnet",
        [
            Installation.Broker, "--set", """listeners=[{"type":"tcp","port":0,"tenant":"demo"}]""", "--set", "management=null",
            "--set", "storage.connectionString=" + connectionString,
        ]);
}
