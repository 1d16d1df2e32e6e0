using Starling.Broker.Tenants;
using Starling.Testing.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql.Tenants;

public sealed class TenantWatchTests(SharedPostgres postgres)
{
    private const string Acme = $$"""
        insert into tenants values ('acme', '{ "limits": { "connections": 7 } }');
        insert into users values ('acme', 'ann', {{WatchedTenants.Login}}), ('acme', 'bob', {{WatchedTenants.Login}});
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tenants_and_users_are_there_when_the_start_returns()
    {
        await using var tenants = await StartAsync(Acme);

        tenants["acme"].Options.Limits.Connections.ShouldBe(7);
        tenants["acme"].Options.Users.Select(user => user.Name).ShouldBe(["ann", "bob"]);
        tenants["acme"].Options.Users[0].PasswordHash.ShouldBe(WatchedTenants.Hash);
    }

    [Fact]
    public async Task Change_arrives_within_a_second_and_names_a_removed_user()
    {
        await using var tenants = await StartAsync(Acme);
        var changed = new TaskCompletionSource<TenantChange>(TaskCreationOptions.RunContinuationsAsynchronously);
        tenants.Directory.Changed += changed.SetResult;

        await tenants.ExecuteAsync("delete from users where name = 'bob'");
        var change = await changed.Task.WaitAsync(TimeSpan.FromSeconds(1), Cancellation);

        change.Tenant.ShouldBe(tenants["acme"]);
        change.RevokedUsers.ShouldBe(["bob"]);
    }

    [Theory]
    [InlineData("insert into tenants values ('zenith', '{}')", "acme", "zenith")]
    [InlineData("update tenants set name = 'apex' where name = 'acme'", "apex")]
    [InlineData("delete from tenants")]
    [InlineData("truncate tenants cascade")]
    [InlineData("begin; truncate users; insert into tenants values ('zenith', '{}'); commit", "acme", "zenith")]
    public async Task Whatever_changes_the_tables_is_followed(string sql, params string[] names)
    {
        await using var tenants = await StartAsync(Acme);

        await tenants.ExecuteAsync(sql);
        await tenants.LineAsync("tenants changed");

        tenants.Names.ShouldBe(names);
        if (sql.Contains("truncate users", StringComparison.Ordinal))
            tenants["acme"].Options.Users.ShouldBeEmpty();
    }

    [Fact]
    public async Task Users_follow_the_new_name_of_their_tenant()
    {
        await using var tenants = await StartAsync(Acme);

        await tenants.ExecuteAsync("update tenants set name = 'apex'");
        await tenants.LineAsync("tenants changed");

        tenants["apex"].Options.Users.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Tenant_with_a_mistake_stays_as_it_was_while_others_change()
    {
        await using var tenants = await StartAsync(Acme + "insert into tenants values ('zenith', '{}')");

        await tenants.ExecuteAsync("""
            update tenants set definition = '{ "limits": { "connections": 8 } }';
            update users set definition = '{ "password": "x" }' where name = 'bob';
            """);
        var said = await tenants.LineAsync("tenants changed");

        said.ShouldContain("tenants.acme.users.bob: unknown member 'password'; expected enabled, notAfter, passwordHash, previousPasswordHash, previousPasswordNotAfter, scram, certificates, clientIds, acl");
        said.ShouldContain("Tenant acme: change refused, 2 mistakes; the tenant keeps its old definition, but users that were removed or have other credentials are revoked");
        tenants["acme"].Options.Limits.Connections.ShouldBe(7);
        tenants["zenith"].Options.Limits.Connections.ShouldBe(8);
    }

    [Fact]
    public async Task Tenant_with_a_mistake_loses_the_users_that_were_removed()
    {
        await using var tenants = await StartAsync(Acme);

        await tenants.ExecuteAsync("""
            begin;
            update tenants set definition = '{ "limits": { "connections": "many" } }';
            delete from users where name = 'bob';
            commit;
            """);
        await tenants.LineAsync("tenants changed");

        tenants["acme"].Options.Limits.Connections.ShouldBe(7);
        tenants["acme"].Options.Users.Select(user => user.Name).ShouldBe(["ann"]);
        tenants.Directory.Mistakes.ShouldBe(1);

        await tenants.ExecuteAsync("delete from users; update tenants set definition = '{}'");
        await tenants.LineAsync("tenants changed");
        tenants.Directory.Mistakes.ShouldBe(0);
    }

    [Fact]
    public async Task Tenant_with_a_mistake_from_the_start_is_served_once_it_is_put_right()
    {
        await using var tenants = await StartAsync(Acme + """insert into tenants values ('zenith', '{ "acl": 7 }')""");
        tenants.Names.ShouldBe(["acme"]);
        await tenants.LineAsync("Tenant zenith: not served, 1 mistakes");

        await tenants.ExecuteAsync("update tenants set definition = '{}' where name = 'zenith'");
        await tenants.LineAsync("1 tenants changed");

        tenants.Names.ShouldBe(["acme", "zenith"]);
    }

    [Theory]
    [InlineData("insert into tenants values ('Acme', '{}')", "tenant_name")]
    [InlineData("""insert into tenants values ('b', '{ "users": {} }')""", "tenant_definition_is_an_object_without_users")]
    [InlineData("insert into tenants values ('b', '[]')", "tenant_definition_is_an_object_without_users")]
    [InlineData("insert into users values ('acme', '', '{}')", "user_name_has_1_to_2000_bytes")]
    [InlineData("insert into users values ('acme', 'x', '[]')", "user_definition_is_an_object")]
    [InlineData("insert into users values ('nobody', 'x', '{}')", "users_tenant_fkey")]
    public async Task What_can_never_be_right_is_refused_by_the_tables(string sql, string constraint)
    {
        await using var tenants = await StartAsync(Acme);

        var refused = await Should.ThrowAsync<Npgsql.PostgresException>(() => tenants.ExecuteAsync(sql));

        refused.ConstraintName.ShouldBe(constraint);
    }

    [Fact]
    public async Task Thousand_tenants_at_once_are_read_in_a_few_steps()
    {
        await using var tenants = await StartAsync("");
        var members = Enumerable.Range(0, 1000).Select(i =>
            $$"""  "tenant{{i}}": { "serverNames": ["t{{i}}.example.com"], "users": { "ann": { "passwordHash": "{{WatchedTenants.Hash}}" }, "bob": { "certificates": ["CN=bob"] } } }""");

        await tenants.ImportAsync($"{{ \"tenants\": {{ {string.Join(',', members)} }} }}");
        var steps = 0;
        while (tenants.Directory.Tenants.Count < 1000 && ++steps > 0)
            await tenants.LineAsync("tenants changed");

        steps.ShouldBeLessThan(10);
        tenants["tenant999"].Options.Users.Count.ShouldBe(2);
        tenants.Directory.TryGetByServerName("t500.example.com", out var found).ShouldBeTrue();
        found!.Name.ShouldBe("tenant500");
    }

    private async Task<WatchedTenants> StartAsync(string sql) => await WatchedTenants.StartAsync(await postgres.CreateDatabaseAsync(), sql);
}
