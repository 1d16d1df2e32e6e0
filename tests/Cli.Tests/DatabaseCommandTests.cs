using Npgsql;
using Starling.Testing.PostgreSql;

namespace Starling.Cli.Tests;

/// <summary><c>starling database</c>, and what other commands do to the schema.</summary>
public sealed class DatabaseCommandTests(SharedPostgres postgres)
{
    [Fact]
    public async Task A_command_that_only_reads_changes_no_schema()
    {
        var database = await postgres.CreateDatabaseAsync();

        foreach (var args in (string[][])[["tenant", "list"], ["tenant", "export"], ["user", "list", "acme"]])
        {
            var run = await Cli.RunOnAsync(database, "", args);
            run.ExitCode.ShouldBe(1);
            run.Error.ShouldEndWith("has no schema starling; run: starling database migrate\n");
        }

        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand("select to_regnamespace('starling') is null", connection);
        (await command.ExecuteScalarAsync(TestContext.Current.CancellationToken)).ShouldBe(true);
    }

    [Fact]
    public async Task Migrate_brings_the_schema_up_to_date()
    {
        var database = await postgres.CreateDatabaseAsync();

        var run = await Cli.RunOnAsync(database, "", "database", "migrate");

        (run.ExitCode, run.Error).ShouldBe((0, ""));
        run.Output.ShouldEndWith(": the schema is up to date\n");
        (await Cli.RunOnAsync(database, "", "tenant", "list")).ShouldBe(new Cli(0, "", ""));
    }

    [Fact]
    public async Task Roles_prints_a_script() =>
        (await Cli.RunAsync("database", "roles")).Output.ShouldContain("starling_migrator");
}
