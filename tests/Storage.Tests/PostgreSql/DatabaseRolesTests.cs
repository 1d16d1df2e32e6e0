using Npgsql;
using Starling.Storage.PostgreSql;
using Starling.Testing.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql;

public sealed class DatabaseRolesTests(SharedPostgres postgres) : IDisposable
{
    private readonly CapturedLog _log = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Each_role_may_do_what_it_is_for_and_no_more()
    {
        await using var server = await PostgresServer.StartAsync();
        var database = new NpgsqlConnectionStringBuilder(await server.CreateDatabaseAsync());
        await server.ExecuteAsync($"alter database {database.Database} owner to postgres");
        await server.ExecuteAsync(DatabaseRoles.Script, database.Database!);
        await server.ExecuteAsync(DatabaseRoles.Script, database.Database!);
        foreach (var role in new[] { "migrator", "silo", "edge", "cli" })
            await server.ExecuteAsync($"alter role starling_{role} password 'starling'");

        await OpenAsync("migrator", DatabaseAccess.Silo, migrate: true);
        await OpenAsync("silo", DatabaseAccess.Silo, migrate: false);
        await OpenAsync("silo", DatabaseAccess.Silo, migrate: true);
        await OpenAsync("edge", DatabaseAccess.Edge, migrate: false);
        await OpenAsync("cli", DatabaseAccess.EditTenants, migrate: false);
        await OpenAsync("cli", DatabaseAccess.ReadTenants, migrate: false);
        (await DeniedAsync("edge", "select from sessions")).ShouldBeTrue();
        (await DeniedAsync("edge", "delete from tenants")).ShouldBeTrue();
        (await DeniedAsync("cli", "select from retained")).ShouldBeTrue();
        (await DeniedAsync("silo", "drop table retained")).ShouldBeTrue();
        (await Should.ThrowAsync<DatabaseException>(() => OpenAsync("edge", DatabaseAccess.Silo, migrate: false))).Message
            .ShouldContain("user \"starling_edge\" may not read and write");

        async Task OpenAsync(string role, DatabaseAccess access, bool migrate)
        {
            await using var opened = Make(Text(role), access, migrate);
            await opened.OpenAsync(Cancellation);
        }

        async Task<bool> DeniedAsync(string role, string sql)
        {
            await using var connection = new NpgsqlConnection(Text(role));
            await connection.OpenAsync(Cancellation);
            return (await Should.ThrowAsync<PostgresException>(() => connection.ScalarAsync(sql, Cancellation))).SqlState == PostgresErrorCodes.InsufficientPrivilege;
        }

        string Text(string role) =>
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = "starling_" + role, SearchPath = "starling", Pooling = false }.ConnectionString;
    }

    [Fact]
    public async Task A_node_that_does_not_migrate_waits_for_the_schema()
    {
        var text = await postgres.CreateDatabaseAsync();
        await using var waiting = Make(text, DatabaseAccess.Silo, migrate: false);
        await using var migrating = Make(text, DatabaseAccess.Silo, migrate: true);

        var open = waiting.OpenAsync(Cancellation);
        (await _log.NextAsync(Cancellation)).Text.ShouldContain("has no schema starling; run: starling database migrate");
        await migrating.OpenAsync(Cancellation);

        await open;
    }

    [Fact]
    public async Task A_node_that_does_not_migrate_gives_up_after_a_while_and_changes_nothing()
    {
        var text = await postgres.CreateDatabaseAsync();
        await using var database = Make(text, DatabaseAccess.Silo, migrate: false, TimeSpan.Zero);

        (await Should.ThrowAsync<DatabaseException>(() => database.OpenAsync(Cancellation))).Message
            .ShouldEndWith("has no schema starling; run: starling database migrate");

        await using var connection = new NpgsqlConnection(text);
        await connection.OpenAsync(Cancellation);
        (await connection.ScalarAsync("select to_regnamespace('starling')::text", Cancellation)).ShouldBeNull();
    }

    private Database Make(string text, DatabaseAccess access, bool migrate, TimeSpan? startTimeout = null) => new(
        new PostgreSqlOptions { ConnectionString = text, Access = access, Migrate = migrate, StartTimeout = startTimeout ?? TimeSpan.FromSeconds(30) },
        _log,
        TimeProvider.System);
}
