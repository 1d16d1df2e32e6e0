using System.Net;
using System.Text;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Files;

namespace Starling.Broker.Tests.Tenants.Access;

public sealed class BanTests
{
    [Theory]
    [InlineData("""{ "clientId": "bot-*" }""", "ann", "bot-1", "192.0.2.1", true)]
    [InlineData("""{ "clientId": "bot-*" }""", "ann", "robot", "192.0.2.1", false)]
    [InlineData("""{ "user": "ann" }""", "ann", "c", null, true)]
    [InlineData("""{ "user": "ann" }""", null, "c", null, false)]
    [InlineData("""{ "address": "192.0.2.0/24" }""", null, "c", "192.0.2.77", true)]
    [InlineData("""{ "address": "192.0.2.0/24" }""", null, "c", "::ffff:192.0.2.77", true)]
    [InlineData("""{ "address": "192.0.2.0/24" }""", null, "c", "192.0.3.77", false)]
    [InlineData("""{ "address": "192.0.2.0/24" }""", null, "c", null, false)]
    [InlineData("""{ "address": "2001:db8::1" }""", null, "c", "2001:db8::1", true)]
    [InlineData("""{ "user": "ann", "address": "192.0.2.1" }""", "ann", "c", "192.0.2.1", true)]
    [InlineData("""{ "user": "ann", "address": "192.0.2.1" }""", "bob", "c", "192.0.2.1", false)]
    public void A_ban_is_about_all_that_it_names(string ban, string? user, string clientId, string? address, bool applies)
    {
        using var house = new House(Read(ban));

        var found = house["acme"].FindBan(user, clientId, address is null ? null : IPAddress.Parse(address));

        (found is not null).ShouldBe(applies);
    }

    [Fact]
    public void A_ban_ends_at_its_time()
    {
        using var house = new House(Read("""{ "user": "ann", "notAfter": "2026-01-01T01:00:00Z", "reason": "for an hour" }"""));

        house["acme"].FindBan("ann", "c", null)!.Reason.ShouldBe("for an hour");
        house.Time.Advance(TimeSpan.FromHours(1));

        house["acme"].FindBan("ann", "c", null).ShouldBeNull();
    }

    [Theory]
    [InlineData("""{ "reason": "none" }""", "a ban needs")]
    [InlineData("""{ "address": "nowhere" }""", "expected an address or a network")]
    [InlineData("""{ "clientId": "%" }""", "bad client id pattern")]
    public void A_ban_that_says_nothing_is_a_mistake(string ban, string mistake) =>
        Should.Throw<TenantsFileException>(() => Read(ban)).Message.ShouldContain(mistake);

    private static TenantOptions Read(string ban) => TenantsFileReader.ReadTenant("acme", Encoding.UTF8.GetBytes($$"""{ "bans": [{{ban}}] }"""));
}
