using Starling.Testing.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql.Tenants;

/// <summary>Server names that several tenants in the database want.</summary>
public sealed class ServerNameTests(SharedPostgres postgres)
{
    private const string Two = """
        insert into tenants values ('a', '{ "serverNames": ["a.io"] }'), ('b', '{ "serverNames": ["b.io"] }');
        """;

    [Fact]
    public async Task Name_stays_with_the_tenant_that_has_it_and_the_other_as_it_was()
    {
        await using var tenants = await StartAsync(Two);

        await tenants.ExecuteAsync("""update tenants set definition = '{ "serverNames": ["b.io", "c.io"] }' where name = 'a'""");
        (await tenants.LineAsync("tenants changed")).ShouldContain(line => line.StartsWith("Tenant a: change refused, server name b.io belongs to tenant b;", StringComparison.Ordinal));

        OwnerOf(tenants, "b.io").ShouldBe("b");
        OwnerOf(tenants, "a.io").ShouldBe("a");
        OwnerOf(tenants, "c.io").ShouldBeNull();
    }

    [Fact]
    public async Task Name_goes_to_the_tenant_that_waits_for_it_once_it_is_free()
    {
        await using var tenants = await StartAsync(Two);
        await tenants.ExecuteAsync("""update tenants set definition = '{ "serverNames": ["b.io"] }' where name = 'a'""");
        await tenants.LineAsync("tenants changed");

        await tenants.ExecuteAsync("delete from tenants where name = 'b'");
        await tenants.LineAsync("tenants changed");

        OwnerOf(tenants, "b.io").ShouldBe("a");
        OwnerOf(tenants, "a.io").ShouldBeNull();
    }

    [Fact]
    public async Task Two_tenants_can_swap_names_in_one_transaction()
    {
        await using var tenants = await StartAsync(Two);

        await tenants.ExecuteAsync("""
            update tenants set definition = case name when 'a' then '{ "serverNames": ["b.io"] }'::jsonb else '{ "serverNames": ["a.io"] }' end
            """);
        var said = await tenants.LineAsync("2 tenants changed");

        said.ShouldNotContain(line => line.Contains("belongs to", StringComparison.Ordinal));
        OwnerOf(tenants, "a.io").ShouldBe("b");
        OwnerOf(tenants, "b.io").ShouldBe("a");
    }

    [Fact]
    public async Task At_the_start_the_first_by_name_gets_it_and_the_other_is_not_served()
    {
        await using var tenants = await StartAsync("""
            insert into tenants values ('b', '{ "serverNames": ["x.io"] }'), ('a', '{ "serverNames": ["X.io"] }'), ('c', '{}');
            """);

        tenants.Names.ShouldBe(["a", "c"]);
    }

    private static string? OwnerOf(WatchedTenants tenants, string serverName) =>
        tenants.Directory.TryGetByServerName(serverName, out var owner) ? owner.Name : null;

    private async Task<WatchedTenants> StartAsync(string sql) => await WatchedTenants.StartAsync(await postgres.CreateDatabaseAsync(), sql);
}
