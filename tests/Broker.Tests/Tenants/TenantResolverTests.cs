using Starling.Broker.Tenants;

namespace Starling.Broker.Tests.Tenants;

public sealed class TenantResolverTests : IDisposable
{
    private readonly House _house = new(
        new TenantOptions { Name = "acme", ServerNames = ["acme.example.com"] },
        new TenantOptions { Name = "beta" },
        new TenantOptions { Name = "demo" });

    public void Dispose() => _house.Dispose();

    [Theory]
    [InlineData("acme.example.com", "device7", "demo", "acme", "device7")]
    [InlineData("acme.example.com", "acme/device7", null, "acme", "device7")]
    [InlineData("acme.example.com", "device7@acme", null, "acme", "device7")]
    [InlineData("acme.example.com", null, null, "acme", null)]
    [InlineData(null, "acme/device7", "demo", "acme", "device7")]
    [InlineData(null, "device7@acme", "demo", "acme", "device7")]
    [InlineData(null, "acme/a/b", null, "acme", "a/b")]
    [InlineData(null, "a@b@acme", null, "acme", "a@b")]
    [InlineData(null, "acme/device7@beta", null, "acme", "device7@beta")]
    [InlineData(null, "device7", "demo", "demo", "device7")]
    [InlineData(null, "unknown/device7", "demo", "demo", "unknown/device7")]
    [InlineData(null, "ann@example.com", "demo", "demo", "ann@example.com")]
    [InlineData(null, null, "demo", "demo", null)]
    [InlineData("localhost", "demo", "demo", "demo", "demo")]
    [InlineData("localhost", "beta/x", "demo", "beta", "x")]
    [InlineData(null, "ACME/x", "demo", "demo", "ACME/x")]
    public void The_tenant_is_found_by_server_name_then_user_name_then_default(
        string? serverName, string? userName, string? listenerDefault, string tenant, string? user)
    {
        var found = new TenantResolver(_house.Directory).Resolve(serverName, userName, listenerDefault);

        found.Tenant?.Name.ShouldBe(tenant);
        found.UserName.ShouldBe(user);
        found.Error.ShouldBeNull();
    }

    [Theory]
    [InlineData("beta/device7")]
    [InlineData("device7@beta")]
    public void A_client_that_came_by_one_tenants_server_name_can_not_select_another_by_its_user_name(string userName)
    {
        var found = new TenantResolver(_house.Directory).Resolve("acme.example.com", userName, "demo");

        found.Tenant?.Name.ShouldBe("acme");
        found.UserName.ShouldBe(userName);
    }

    [Theory]
    [InlineData("x@acme")]
    [InlineData("acme/x")]
    public void A_user_of_the_listeners_tenant_is_not_captured_by_a_tenant_that_comes_later(string userName)
    {
        var demo = new TenantOptions { Name = "demo", Users = [new() { Name = userName }] };
        using var house = new House(demo);
        var resolver = new TenantResolver(house.Directory);
        resolver.Resolve(null, userName, "demo").ShouldBe(new TenantResolution(house["demo"], userName, null));

        house.Directory.Apply([demo, new TenantOptions { Name = "acme", Users = [new() { Name = "y" }] }]);
        resolver.Resolve(null, userName, "demo").ShouldBe(new TenantResolution(house["demo"], userName, null));
        resolver.Resolve(null, userName, null).ShouldBe(new TenantResolution(house["acme"], "x", null));

        house.Directory.Apply([demo, new TenantOptions { Name = "acme", Users = [new() { Name = "x" }] }]);
        var both = resolver.Resolve(null, userName, "demo");
        both.Tenant.ShouldBeNull();
        both.Error.ShouldNotBeNull().ShouldContain("rename one of them");
    }

    [Fact]
    public void The_error_names_all_that_was_looked_for()
    {
        var found = new TenantResolver(_house.Directory).Resolve("x.example.com", "gone/me", "missing");

        found.Tenant.ShouldBeNull();
        found.Error.ShouldBe(
            "no tenant for TLS server name 'x.example.com', no tenant in user name 'gone/me', the listener's default tenant 'missing' does not exist");
    }

    [Fact]
    public void The_error_says_what_there_was_none_of() =>
        new TenantResolver(_house.Directory).Resolve(null, null, null).Error
            .ShouldBe("no TLS server name, no user name, the listener has no default tenant");
}
