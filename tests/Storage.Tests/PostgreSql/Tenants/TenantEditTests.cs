using System.Text;
using Starling.Broker.Tenants.Files;
using Starling.Storage.PostgreSql.Tenants;
using Starling.Testing.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql.Tenants;

public sealed class TenantEditTests(SharedPostgres postgres)
{
    private const string Everything = $$"""
        {
          // a comment
          "tenants": {
            "acme": {
              "serverNames": ["acme.example.com", "*.acme.io"],
              "anonymous": { "acl": [{ "allow": "subscribe", "filter": "news/#" }] },
              "limits": { "packetSize": 1000, "connections": null, "retainAvailable": false },
              "sharedSubscriptionStrategy": "leastInFlight",
              "inboxOverflow": "dropNewest",
              "clientIdCollisions": { "threshold": 3 },
              "users": {
                "an\"n/ä": { "passwordHash": "{{WatchedTenants.Hash}}", "acl": [{ "deny": "publish", "filter": "a/%u" }, { "allow": "all", "filter": "#" }] },
                "bob": { "certificates": ["CN=bob", "DNS=bob.example.com"], },
              },
              "acl": [{ "allow": "publish", "filter": "up/%c" }],
            },
            "zenith": {},
          },
        }
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_in_a_file_comes_back_from_the_database()
    {
        await using var tenants = await StartAsync();
        var file = TenantsFileReader.Read("f", Encoding.UTF8.GetBytes(Everything));

        await tenants.ImportAsync(Everything);
        var documents = await ReadAsync(tenants);

        documents.Select(document => document.Read()).ShouldBe(file);
        documents.Select(document => document.Users).ShouldBe([2, 0]);
        TenantsFileReader.Read("f", TenantDocument.ToFile(documents)).ShouldBe(file);
    }

    [Fact]
    public async Task Import_of_what_is_there_already_tells_nobody()
    {
        await using var tenants = await StartAsync();
        await tenants.ImportAsync(Everything);
        await tenants.LineAsync("2 tenants changed");

        await tenants.ImportAsync(Everything);
        await tenants.ExecuteAsync("insert into tenants values ('last', '{}')");

        (await tenants.LineAsync("1 tenants changed")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Users_that_an_import_does_not_name_stay_until_it_prunes()
    {
        await using var tenants = await StartAsync();
        await tenants.ImportAsync(Everything);
        var file = TenantDefinition.FromFile("f", """{ "tenants": { "acme": { "users": { "bob": { "certificates": ["CN=b"] } } } } }"""u8.ToArray());

        await EditAsync(tenants, edit => edit.SetAsync(file, Cancellation));
        (await ReadAsync(tenants)).Select(tenant => (tenant.Name, tenant.Users)).ShouldBe([("acme", 2), ("zenith", 0)]);
        (int Tenants, int Users) removed = default;
        await EditAsync(tenants, async edit => removed = await edit.PruneAsync(file, Cancellation));

        removed.ShouldBe((1, 1));
        (await ReadAsync(tenants)).Select(tenant => (tenant.Name, tenant.Users)).ShouldBe([("acme", 1)]);
    }

    [Fact]
    public async Task Mistakes_are_refused_together_and_change_nothing()
    {
        await using var tenants = await StartAsync();
        await tenants.ImportAsync(Everything);

        var refused = await Should.ThrowAsync<TenantsFileException>(() => EditAsync(tenants, async edit =>
        {
            await edit.SetUserAsync("acme", "eve", "{}", Cancellation);
            await edit.SetUserAsync("zenith", "eve", """{ "passwordHash": "x" }""", Cancellation);
            await edit.RemoveUserAsync("acme", "bob", Cancellation);
        }));

        refused.Errors.Select(error => error.ToString()).ShouldBe(
        [
            "tenants.acme.users.eve: nobody can log in as this user: give it \"passwordHash\", \"scram\" or \"certificates\"",
            "tenants.zenith.users.eve.passwordHash: bad password hash: it is not Base64; make one with 'starling passwd'",
        ]);
        (await ReadAsync(tenants)).Select(tenant => tenant.Users).ShouldBe([2, 0]);
    }

    [Fact]
    public async Task Server_name_of_a_tenant_that_is_there_is_refused()
    {
        await using var tenants = await StartAsync();
        await tenants.ImportAsync(Everything);

        var refused = await Should.ThrowAsync<TenantsFileException>(
            () => tenants.ImportAsync("""{ "tenants": { "aaa": { "serverNames": ["acme.example.com"] } } }"""));

        refused.Message.ShouldBe("tenants.aaa.serverNames: server name \"acme.example.com\" belongs to tenant 'acme' already");
    }

    [Fact]
    public async Task Mistake_that_somebody_else_made_is_not_in_the_way()
    {
        await using var tenants = await StartAsync();
        await tenants.ExecuteAsync("""insert into tenants values ('broken', '{ "acl": 7 }')""");

        await tenants.ImportAsync(Everything);

        (await ReadAsync(tenants)).Select(tenant => tenant.Name).ShouldBe(["acme", "broken", "zenith"]);
    }

    [Fact]
    public async Task Set_of_a_user_leaves_what_it_does_not_name()
    {
        await using var tenants = await StartAsync();
        await tenants.ImportAsync(Everything);

        await EditAsync(tenants, edit => edit.SetUserAsync("acme", "bob", $$"""{ "passwordHash": "{{WatchedTenants.Hash}}" }""", Cancellation));

        var bob = (await ReadAsync(tenants))[0].Read().Users.Single(user => user.Name == "bob");
        bob.PasswordHash.ShouldBe(WatchedTenants.Hash);
        bob.Certificates.Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_is_not_there_is_said()
    {
        await using var tenants = await StartAsync();
        await tenants.ImportAsync(Everything);

        await EditAsync(tenants, async edit =>
        {
            (await edit.RemoveAsync("nobody", Cancellation)).ShouldBeFalse();
            (await edit.SetUserAsync("nobody", "x", "{}", Cancellation)).ShouldBeFalse();
            (await edit.RemoveUserAsync("zenith", "bob", Cancellation)).ShouldBeFalse();
            (await edit.RemoveUserAsync("acme", "bob", Cancellation)).ShouldBeTrue();
            (await edit.RemoveAsync("zenith", Cancellation)).ShouldBeTrue();
        });

        (await ReadAsync(tenants)).Select(tenant => (tenant.Name, tenant.Users)).ShouldBe([("acme", 1)]);
    }

    private static async Task<IReadOnlyList<TenantDocument>> ReadAsync(WatchedTenants tenants)
    {
        await using var connection = await tenants.Database.ConnectAsync("test", Cancellation);
        return await TenantTable.ReadAllAsync(connection, Cancellation);
    }

    private static async Task EditAsync(WatchedTenants tenants, Func<TenantEdit, Task> change)
    {
        await using var connection = await tenants.Database.ConnectAsync("test", Cancellation);
        await using var edit = await TenantEdit.BeginAsync(connection, Cancellation);
        await change(edit);
        await edit.CommitAsync(Cancellation);
    }

    private async Task<WatchedTenants> StartAsync()
    {
        var tenants = await WatchedTenants.StartAsync(await postgres.CreateDatabaseAsync());
        await tenants.LineAsync("0 tenants loaded");
        return tenants;
    }
}
