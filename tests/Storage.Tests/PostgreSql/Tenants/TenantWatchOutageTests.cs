using Starling.Storage.PostgreSql.Tenants;
using Starling.Testing.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql.Tenants;

/// <summary>The server goes, stands still or comes back under a broker that follows its tenants.</summary>
public sealed class TenantWatchOutageTests
{
    private const string Acme = "insert into tenants values ('acme', '{}');";

    [Fact]
    public async Task Server_that_was_restarted_is_followed_again_and_what_changed_meanwhile_is_read()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var tenants = await WatchedTenants.StartAsync(await server.CreateDatabaseAsync(), Acme);
        await tenants.LineAsync("tenants loaded");

        await server.StopAsync(immediate: true);
        await tenants.LineAsync("changes of tenants can't be read");
        tenants.Names.ShouldBe(["acme"]);
        await server.StartAgainAsync();
        var meanwhile = await tenants.LineAsync("changes of tenants are read again");
        await tenants.ExecuteAsync("insert into tenants values ('zenith', '{}')");
        await tenants.LineAsync("1 tenants changed");

        meanwhile.ShouldNotContain(line => line.Contains("changes of tenants can't be read", StringComparison.Ordinal));
        meanwhile.ShouldContain("Database: 1 tenants loaded");
        tenants.Names.ShouldBe(["acme", "zenith"]);
    }

    [Fact]
    public async Task What_changes_while_the_connection_is_away_is_read_when_it_is_back()
    {
        await using var server = await PostgresServer.StartAsync();
        var connectionString = await server.CreateDatabaseAsync();
        var database = new Npgsql.NpgsqlConnectionStringBuilder(connectionString).Database!;
        await using var tenants = await WatchedTenants.StartAsync(connectionString, Acme, new() { FirstRetry = TimeSpan.FromMilliseconds(10) });
        await tenants.LineAsync("tenants loaded");

        await server.ExecuteAsync($"alter role starling nologin");
        await server.KillBackendsAsync(database);
        await tenants.LineAsync("changes of tenants still can't be read");
        await server.ExecuteAsync("insert into starling.tenants values ('zenith', '{}')", database);
        await server.ExecuteAsync($"alter role starling login");
        await tenants.LineAsync("2 tenants loaded");

        tenants.Names.ShouldBe(["acme", "zenith"]);
    }

    [Fact]
    public async Task Server_that_stands_still_is_noticed()
    {
        await using var server = await PostgresServer.StartAsync();
        var impatient = new TenantWatchOptions { Heartbeat = TimeSpan.FromMilliseconds(50), HeartbeatTimeout = TimeSpan.FromSeconds(1) };
        await using var tenants = await WatchedTenants.StartAsync(await server.CreateDatabaseAsync(), Acme, impatient);
        await tenants.LineAsync("tenants loaded");

        await server.PauseAsync();
        await tenants.LineAsync("changes of tenants can't be read");
        await server.ResumeAsync();
        await tenants.LineAsync("changes of tenants are read again");

        tenants.Names.ShouldBe(["acme"]);
    }
}
