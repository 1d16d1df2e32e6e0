using Microsoft.Extensions.Logging;
using Npgsql;
using Starling.Storage.PostgreSql;
using Starling.Testing.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql;

public sealed class MigratorTests(SharedPostgres postgres)
{
    private static readonly Migration First = new(1, "0001_first", "create table a (x int);");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Migrations_are_numbered_without_a_gap()
    {
        var migrations = Migration.All();
        migrations.ShouldNotBeEmpty();
        migrations.Select(migration => migration.Version).ShouldBe(Enumerable.Range(1, migrations.Count));
        migrations.ShouldAllBe(migration => migration.Name.StartsWith(migration.Version.ToString("D4") + "_"));
    }

    [Fact]
    public async Task An_empty_database_gets_every_migration()
    {
        await using var connection = await ConnectAsync();

        await MigrateAsync(connection);

        (await AppliedAsync(connection)).ShouldBe(Migration.All().Select(migration => migration.Name));
        (await connection.ScalarAsync("select count(*) from sessions", Cancellation)).ShouldBe(0L);
    }

    [Fact]
    public async Task A_migration_is_applied_once()
    {
        await using var connection = await ConnectAsync();
        await MigrateAsync(connection, First);
        var second = new Migration(2, "0002_second", "create table b (x int);");

        await MigrateAsync(connection, First, second);
        await MigrateAsync(connection, First, second);

        (await AppliedAsync(connection)).ShouldBe(["0001_first", "0002_second"]);
    }

    [Fact]
    public async Task Eight_processes_that_start_at_once_agree()
    {
        var database = await postgres.CreateDatabaseAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var connection = await ConnectAsync(database);
            await MigrateAsync(connection);
        }));

        await using var look = await ConnectAsync(database);
        (await AppliedAsync(look)).ShouldBe(Migration.All().Select(migration => migration.Name));
        (await look.ScalarAsync("select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())", Cancellation))
            .ShouldBe(0L);
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_nothing_and_those_before_it_stay()
    {
        await using var connection = await ConnectAsync();
        var wrong = new Migration(2, "0002_wrong", "create table b (x int); select 1 / 0;");

        await Should.ThrowAsync<PostgresException>(() => MigrateAsync(connection, First, wrong));

        (await AppliedAsync(connection)).ShouldBe(["0001_first"]);
        (await connection.ScalarAsync("select to_regclass('starling.b')::text", Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task A_schema_that_is_newer_than_the_program_is_refused_with_both_versions()
    {
        await using var connection = await ConnectAsync();
        await MigrateAsync(connection, First, new Migration(2, "0002_future", "create table b (x int);"));

        var refusal = await Should.ThrowAsync<DatabaseException>(() => MigrateAsync(connection, First));

        refusal.Message.ShouldBe(
            $"the schema in database \"{connection.Database}\" has version 2 (0002_future), this program knows versions up to 1 (0001_first); run a newer program");
    }

    [Fact]
    public async Task A_schema_that_another_migration_of_that_number_made_is_refused()
    {
        await using var connection = await ConnectAsync();
        await MigrateAsync(connection, First);

        var refusal = await Should.ThrowAsync<DatabaseException>(() => MigrateAsync(connection, First with { Name = "0001_other" }));

        refusal.Message.ShouldContain("it has 1 (0001_first) where this program has 1 (0001_other)");
    }

    [Fact]
    public async Task A_role_that_may_not_create_the_schema_is_told_which_right_is_missing()
    {
        await using var connection = await ConnectAsync();
        await AdminAsync(connection, $"alter database {connection.Database} owner to postgres");

        var refusal = await Should.ThrowAsync<DatabaseException>(() => MigrateAsync(connection));

        refusal.Message.ShouldContain($"GRANT CREATE ON DATABASE \"{connection.Database}\" TO \"starling\"");
    }

    [Fact]
    public async Task A_schema_that_the_role_was_given_needs_no_right_on_the_database()
    {
        await using var connection = await ConnectAsync();
        await AdminAsync(connection, $"alter database {connection.Database} owner to postgres");
        await AdminAsync(connection, "create schema starling authorization starling");

        await MigrateAsync(connection);

        (await AppliedAsync(connection)).Count.ShouldBe(Migration.All().Count);
    }

    [Fact]
    public async Task A_role_that_may_not_create_in_the_schema_is_told_which_right_is_missing()
    {
        await using var connection = await ConnectAsync();
        await AdminAsync(connection, "create schema starling");
        await AdminAsync(connection, "grant usage on schema starling to starling");

        var refusal = await Should.ThrowAsync<DatabaseException>(() => MigrateAsync(connection));

        refusal.Message.ShouldContain("GRANT USAGE, CREATE ON SCHEMA starling TO \"starling\"");
    }

    [Fact]
    public async Task A_role_that_may_not_use_the_schema_is_told_which_right_is_missing()
    {
        await using var connection = await ConnectAsync();
        await AdminAsync(connection, "create schema starling");

        var refusal = await Should.ThrowAsync<DatabaseException>(() => MigrateAsync(connection));

        refusal.Message.ShouldContain("GRANT USAGE, CREATE ON SCHEMA starling TO \"starling\"");
    }

    [Fact]
    public async Task A_role_that_may_not_write_a_table_is_told_which_right_is_missing()
    {
        await using var connection = await ConnectAsync();
        await MigrateAsync(connection);
        await AdminAsync(connection, "alter table starling.received owner to postgres");
        await AdminAsync(connection, "grant select on starling.received to starling");

        var refusal = await Should.ThrowAsync<DatabaseException>(() => MigrateAsync(connection));

        refusal.Message.ShouldContain("may not read and write received in schema starling");
        refusal.Message.ShouldContain("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA starling TO \"starling\"");
    }

    private static async Task MigrateAsync(NpgsqlConnection connection, params Migration[] migrations)
    {
        using var loggers = new LoggerFactory();
        await new Migrator(connection, migrations.Length == 0 ? Migration.All() : migrations, loggers.CreateLogger<Migrator>()).RunAsync(Cancellation);
    }

    private static async Task<List<string>> AppliedAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("select name from schema_version order by version", connection);
        await using var rows = await command.ExecuteReaderAsync(Cancellation);
        var names = new List<string>();
        while (await rows.ReadAsync(Cancellation))
            names.Add(rows.GetString(0));
        return names;
    }

    private async Task AdminAsync(NpgsqlConnection connection, string sql) => await (await postgres.ServerAsync()).ExecuteAsync(sql, connection.Database);

    private async Task<NpgsqlConnection> ConnectAsync(string? database = null)
    {
        var text = ConnectionText.Complete(new PostgreSqlOptions { ConnectionString = database ?? await postgres.CreateDatabaseAsync() });
        text.Pooling = false;
        var connection = new NpgsqlConnection(text.ConnectionString);
        await connection.OpenAsync(Cancellation);
        return connection;
    }
}
