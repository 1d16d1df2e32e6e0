using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Tests.Tenants;

public sealed class TenantDirectoryTests : IDisposable
{
    private readonly House _house = new(
        new TenantOptions { Name = "acme", ServerNames = ["acme.example.com", "*.acme.io"], Users = [User("ann"), User("bob")], Anonymous = new([]) },
        new TenantOptions { Name = "beta" });

    private readonly List<TenantChange> _changes = [];

    public TenantDirectoryTests() => _house.Directory.Changed += _changes.Add;

    public void Dispose() => _house.Dispose();

    [Theory]
    [InlineData("acme.example.com", true)]
    [InlineData("ACME.Example.com.", true)]
    [InlineData("x.acme.io", true)]
    [InlineData("x.y.acme.io", false)]
    [InlineData("acme.io", false)]
    [InlineData(".acme.io", false)]
    [InlineData("", false)]
    public void A_server_name_finds_its_tenant_whatever_its_case_and_a_wildcard_stands_for_one_label(string name, bool found) =>
        _house.Directory.TryGetByServerName(name, out _).ShouldBe(found);

    [Fact]
    public void A_tenant_keeps_its_identity_through_a_reload_and_its_version_goes_up()
    {
        var acme = _house["acme"];

        _house.Directory.Apply([acme.Options with { Limits = new() { PacketSize = 100 } }, _house["beta"].Options]);

        _house["acme"].ShouldBeSameAs(acme);
        acme.Options.Limits.PacketSize.ShouldBe(100);
        acme.Version.ShouldBe(2);
        _house["beta"].Version.ShouldBe(1);
        _changes.ShouldHaveSingleItem().Tenant.ShouldBeSameAs(acme);
    }

    [Fact]
    public void Equal_options_from_another_reading_change_nothing()
    {
        _house.Directory.Apply([
            new TenantOptions { Name = "acme", ServerNames = ["acme.example.com", "*.acme.io"], Users = [User("ann"), User("bob")], Anonymous = new([]) },
            new TenantOptions { Name = "beta" }]);

        _changes.ShouldBeEmpty();
    }

    [Fact]
    public void Connections_of_users_who_are_gone_or_have_a_new_password_are_to_be_closed()
    {
        _house.Directory.Apply([_house["acme"].Options with { Users = [User("ann", scramPassword: "new")] }, _house["beta"].Options]);

        var change = _changes.ShouldHaveSingleItem();
        change.Closes(new("ann")).ShouldBeTrue();
        change.Closes(new("bob")).ShouldBeTrue();
        change.Closes(Broker.Tenants.Credentials.User.Anonymous).ShouldBeFalse();
    }

    [Fact]
    public void A_change_of_rules_closes_nobody_but_outdates_the_access_of_connected_clients()
    {
        var acme = _house["acme"];
        var access = acme.AccessFor(new("ann"), "c");

        _house.Directory.Apply([acme.Options with { Acl = House.Rules("allow all #") }, _house["beta"].Options]);

        _changes.ShouldHaveSingleItem().Closes(new("ann")).ShouldBeFalse();
        access.Version.ShouldNotBe(acme.Version);
        acme.AccessFor(new("ann"), "c").MayPublish("a").ShouldBeTrue();
    }

    [Fact]
    public void Anonymous_clients_are_to_be_closed_when_the_tenant_no_longer_wants_them()
    {
        _house.Directory.Apply([_house["acme"].Options with { Anonymous = null }, _house["beta"].Options]);

        _changes.ShouldHaveSingleItem().Closes(Broker.Tenants.Credentials.User.Anonymous).ShouldBeTrue();
    }

    [Fact]
    public void A_removed_tenant_allows_nothing_any_more_and_comes_back_as_another()
    {
        var acme = _house["acme"];
        var options = acme.Options with { Acl = House.Rules("allow all #") };
        _house.Directory.Apply([options, _house["beta"].Options]);

        _house.Directory.Apply([_house["beta"].Options]);

        _house.Directory.TryGet("acme", out _).ShouldBeFalse();
        acme.IsRemoved.ShouldBeTrue();
        acme.AccessFor(new("ann"), "c").MayPublish("a").ShouldBeFalse();
        _changes[^1].Closes(new("ann")).ShouldBeTrue();
        _house.Directory.Apply([options]);
        _house["acme"].ShouldNotBeSameAs(acme);
    }

    private static UserOptions User(string name, string scramPassword = "old") =>
        new() { Name = name, Scram = ScramCredential.Create(scramPassword, 4096, "0123456789abcdef"u8) };
}
