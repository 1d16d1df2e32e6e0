using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Credentials;
using Starling.Broker.Tenants.Files;

namespace Starling.Broker.Tests.Tenants.Access;

public sealed class ClientIdPatternTests
{
    [Theory]
    [InlineData("%u", "ann", "ann", true)]
    [InlineData("%u", "ann", "anna", false)]
    [InlineData("%u-*", "ann", "ann-1", true)]
    [InlineData("%u-*", "ann", "bob-1", false)]
    [InlineData("%u-*", null, "-1", false)]
    [InlineData("*", null, "whatever", true)]
    [InlineData("sensor-*-v?", "x", "sensor-12-v?", true)]
    [InlineData("sensor-*-v2", "x", "sensor-v2", false)]
    [InlineData("a*b*a", "x", "aba", true)]
    [InlineData("a*b*a", "x", "aa", false)]
    [InlineData("a*a", "x", "a", false)]
    [InlineData("100%%", "x", "100%", true)]
    [InlineData("a%*b", "x", "a*b", true)]
    [InlineData("a%*b", "x", "axb", false)]
    [InlineData("%u", "a*", "abc", false)]
    public void A_pattern_stands_for_client_ids(string pattern, string? user, string clientId, bool matches) =>
        ClientIdPattern.Parse(pattern).Matches(user, clientId).ShouldBe(matches);

    [Theory]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("%c")]
    [InlineData("a%")]
    public void What_is_no_pattern_is_explained(string text)
    {
        ClientIdPattern.TryParse(text, out _, out var error).ShouldBeFalse();
        error.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void A_users_own_patterns_hold_in_place_of_the_tenants()
    {
        using var house = new House();
        house.Directory.Apply(TenantsFileReader.Read("t.json", """
            {
              "tenants": { "acme": {
                "clientIds": ["%u", "%u-*"], "anonymous": {},
                "users": {
                  "ann": { "certificates": ["CN=ann"] },
                  "gateway": { "certificates": ["CN=gateway"], "clientIds": ["gw-*"] }
                }
              } }
            }
            """u8.ToArray()));

        house["acme"].AllowsClientId(new User("ann"), "ann-2").ShouldBeTrue();
        house["acme"].AllowsClientId(new User("ann"), "gw-1").ShouldBeFalse();
        house["acme"].AllowsClientId(new User("gateway"), "gw-1").ShouldBeTrue();
        house["acme"].AllowsClientId(new User("gateway"), "gateway").ShouldBeFalse();
        house["acme"].AllowsClientId(User.Anonymous, "ann").ShouldBeFalse();
    }

    [Fact]
    public void Without_patterns_any_client_id_may_be_taken()
    {
        using var house = new House(new TenantOptions { Name = "acme", Users = [new() { Name = "ann" }] });

        house["acme"].AllowsClientId(new User("ann"), "bob").ShouldBeTrue();
    }
}
