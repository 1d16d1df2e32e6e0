using System.Text;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Credentials;
using Starling.Broker.Tenants.Files;
using Starling.Broker.Tenants.Quotas;

namespace Starling.Broker.Tests.Tenants.Files;

public sealed class TenantsFileReaderTests
{
    private const string Hash = "AQAAAAIAAYagAAAAEKWW1t6UAkS6Gmu2KI4dQNNJIgOp3J9kOAKrIFKmF+qjeZawU2WSirnx8v8dZzExtQ==";

    private const string Scram =
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    [Fact]
    public void Everything_that_can_be_said_about_a_tenant_is_read()
    {
        var acme = Read($$"""
            {
              // comments and trailing commas are fine
              "tenants": {
                "acme": {
                  "serverNames": ["Acme.example.com", "*.acme.io"],
                  "anonymous": { "acl": [{ "allow": "subscribe", "filter": "news/#" }] },
                  "limits": { "packetSize": 1000, "connections": null, "sessionExpirySeconds": null, "messagesPerSecondIn": 50, "maximumQoS": 1, "retainAvailable": false },
                  "sharedSubscriptionStrategy": "leastInFlight",
                  "inboxOverflow": "dropNewest",
                  "clientIdCollisions": { "threshold": 3, "windowSeconds": 10, "holdSeconds": 20, "enabled": false },
                  "users": {
                    "ann": { "passwordHash": "{{Hash}}", "acl": [{ "deny": "publish", "filter": "a/%u" }, { "allow": "all", "filter": "#" }] },
                    "bob": { "scram": "{{Scram}}", "certificates": ["CN=bob", "DNS=Bob.example.com"], },
                  },
                  "acl": [{ "allow": "publish", "filter": "up/%c" }],
                },
              },
            }
            """).ShouldHaveSingleItem();

        acme.Name.ShouldBe("acme");
        acme.ServerNames.ShouldBe(["acme.example.com", "*.acme.io"]);
        acme.Anonymous!.Acl.ShouldBe(House.Rules("allow subscribe news/#"));
        acme.Limits.ShouldBe(new TenantLimits { PacketSize = 1000, SessionExpirySeconds = null, MessagesPerSecondIn = 50, MaximumQoS = 1, RetainAvailable = false });
        acme.SharedSubscriptions.ShouldBe(SharedSubscriptionStrategy.LeastInFlight);
        acme.InboxOverflow.ShouldBe(InboxOverflow.DropNewest);
        acme.ClientIdCollisions.ShouldBe(new() { Enabled = false, Threshold = 3, Window = TimeSpan.FromSeconds(10), Hold = TimeSpan.FromSeconds(20) });
        acme.Users[0].PasswordHash.ShouldBe(Hash);
        acme.Users[0].Acl.ShouldBe(House.Rules("deny publish a/%u", "allow all #"));
        acme.Users[1].Scram!.ToStoredForm().ShouldBe(Scram);
        acme.Users[1].Certificates.ShouldBe([new(CertificateProperty.CommonName, "bob"), new(CertificateProperty.DnsName, "bob.example.com")]);
        acme.Acl.ShouldHaveSingleItem().Actions.ShouldBe(AclActions.Publish);
    }

    [Fact]
    public void What_is_not_said_has_its_default() =>
        Read("""{ "tenants": { "acme": { "anonymous": false } } }""").ShouldHaveSingleItem().ShouldBe(new TenantOptions { Name = "acme" });

    [Fact]
    public void The_same_text_read_twice_is_equal()
    {
        var text = $$"""{ "tenants": { "acme": { "users": { "ann": { "passwordHash": "{{Hash}}", "scram": "{{Scram}}", "certificates": ["CN=x"], "acl": [{ "allow": "all", "filter": "#" }] } } } } }""";

        Read(text).ShouldBe(Read(text));
    }

    [Theory]
    [InlineData("""{ "tenants": { "acme": { "limit": {} } } }""", "f:1:26: tenants.acme: unknown member 'limit'; expected serverNames, certificateAuthorities, anonymous, bans, clientIds, users, acl, limits, shards, sharedSubscriptionStrategy, inboxOverflow, clientIdCollisions")]
    [InlineData("""{ "tenants": {}, "more": 1 }""", "f:1:18: unknown member 'more'; expected tenants")]
    [InlineData("""{ "tenants": { "acme": { "limits": { "packetSize": -1 } } } }""", "f:1:52: tenants.acme.limits.packetSize: expected a whole number from 32 to 268435455, not -1")]
    [InlineData("""{ "tenants": { "acme": { "limits": { "connections": "x" } } } }""", "f:1:53: tenants.acme.limits.connections: expected a whole number from 1 to 2147483647, or null for unlimited, not a string")]
    [InlineData("""{ "tenants": { "acme": { "limits": { "maximumQoS": 1.5 } } } }""", "f:1:52: tenants.acme.limits.maximumQoS: expected a whole number from 0 to 2, not 1.5")]
    [InlineData("""{ "tenants": { "Acme": {} } }""", "f:1:16: tenants.Acme: \"Acme\" is no tenant name; expected 1 to 63 characters of a-z, 0-9 and '-', not starting with '-'")]
    [InlineData("""{ "tenants": { "acme": {}, "acme": {} } }""", "f:1:28: tenants.acme: 'acme' is here for the second time")]
    [InlineData("""{ "tenants": { "acme": [] } }""", "f:1:24: tenants.acme: expected an object, not an array")]
    [InlineData("""{ "tenants": { "acme": { "anonymous": true } } }""", "f:1:39: tenants.acme.anonymous: expected false or an object such as { \"acl\": [ ... ] }, not true")]
    [InlineData("""{ "tenants": { "acme": { "acl": [{ "allow": "all", "filter": "a/#/b" }] } } }""", "f:1:62: tenants.acme.acl[0].filter: bad topic filter \"a/#/b\": '#' is allowed in the last level only")]
    [InlineData("""{ "tenants": { "acme": { "acl": [{ "allow": "read", "filter": "a" }] } } }""", "f:1:45: tenants.acme.acl[0].allow: expected \"all\" or \"publish\" or \"subscribe\", not \"read\"")]
    [InlineData("""{ "tenants": { "acme": { "acl": [{ "allow": "all", "deny": "all", "filter": "a" }] } } }""", "f:1:34: tenants.acme.acl[0]: a rule has either \"allow\" or \"deny\"")]
    [InlineData("""{ "tenants": { "acme": { "acl": [{ "allow": "all" }] } } }""", "f:1:34: tenants.acme.acl[0]: a rule needs a \"filter\"")]
    [InlineData("""{ "tenants": { "acme": { "users": { "ann": { "passwordHash": "secret" } } } } }""", "f:1:62: tenants.acme.users.ann.passwordHash: bad password hash: it is not Base64; make one with 'starling passwd'")]
    [InlineData("""{ "tenants": { "acme": { "users": { "ann": { "scram": "secret" } } } } }""", "f:1:55: tenants.acme.users.ann.scram: bad SCRAM credential: it does not have the form SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey with Base64 parts; make one with 'starling passwd --scram'")]
    [InlineData("""{ "tenants": { "acme": { "users": { "ann": {} } } } }""", "f:1:44: tenants.acme.users.ann: nobody can log in as this user: give it \"passwordHash\", \"scram\" or \"certificates\"")]
    [InlineData("""{ "tenants": { "acme": { "users": { "ann": { "certificates": ["ann"] } } } } }""", "f:1:63: tenants.acme.users.ann.certificates[0]: expected CN=name, DNS=name or a SHA-256 thumbprint of 64 hex digits, not \"ann\"")]
    [InlineData("""{ "tenants": { "acme": { "users": { "a": { "certificates": ["CN=x"] }, "b": { "certificates": ["CN=x"] } } } } }""", "f:1:96: tenants.acme.users.b.certificates[0]: \"CN=x\" is mapped to user 'a' already")]
    [InlineData("""{ "tenants": { "a": { "serverNames": ["x.io"] }, "b": { "serverNames": ["X.io"] } } }""", "f:1:73: tenants.b.serverNames[0]: server name \"X.io\" belongs to tenant 'a' already")]
    [InlineData("""{ "tenants": { "a": { "serverNames": ["*.*.io"] } } }""", "f:1:39: tenants.a.serverNames[0]: \"*.*.io\" is no server name; expected mqtt.example.com or *.example.com")]
    [InlineData("[]", "f:1:1: expected an object, not an array")]
    [InlineData("{}", "f:1:1: expected { \"tenants\": { \"name\": { ... } } }")]
    public void A_mistake_is_reported_with_its_place_and_what_was_expected(string text, string error) =>
        Errors(text).ShouldBe([error]);

    [Fact]
    public void All_mistakes_are_reported_in_the_order_of_the_text_each_with_its_line()
    {
        var errors = Errors("""
            {
              "tenants": {
                "acme": {
                  "users": { "ännä": { "passwordHash": 7 }, "x": { "pass": "" } },
                  "limits": {
                    "topicLevels": 0
                  }
                },
                "b!": {}
              }
            }
            """);

        errors.Select(error => error.Split(": ")[0]).ShouldBe(["f:4:44", "f:4:54", "f:4:56", "f:6:24", "f:9:5"]);
    }

    [Theory]
    [InlineData("{\n  \"tenants\": {\n    oops\n", "f:3:5: this is not JSON: ")]
    [InlineData("{ \"tenants\": {} } x", "f:1:19: this is not JSON: ")]
    [InlineData("", "f:1:1: this is not JSON: ")]
    [InlineData("{ \"tenants\": {\n", "f:2:1: this is not JSON: ")]
    public void Broken_JSON_is_reported_with_its_place(string text, string start) => Errors(text).ShouldHaveSingleItem().ShouldStartWith(start);

    [Fact]
    public void Text_that_is_no_UTF8_is_reported_with_its_place() =>
        ErrorsOf([.. "{\n  \""u8, 0xFF, .. "\" }"u8]).ShouldBe(["f:2:4: this is not UTF-8"]);

    [Fact]
    public void A_lone_surrogate_in_an_escape_is_an_error_and_no_crash() =>
        Errors("""{ "tenants": { "\ud800": {} } }""").ShouldHaveSingleItem().ShouldContain("surrogate");

    [Fact]
    public void A_byte_order_mark_is_skipped() =>
        TenantsFileReader.Read("f", [0xEF, 0xBB, 0xBF, .. """{ "tenants": { "acme": {} } }"""u8]).Count.ShouldBe(1);

    [Fact]
    public void A_tenant_from_elsewhere_is_read_as_in_a_file()
    {
        const string Text = $$"""{ "serverNames": ["a.io"], "users": { "ann": { "passwordHash": "{{Hash}}" } } }""";

        TenantsFileReader.ReadTenant("acme", Encoding.UTF8.GetBytes(Text)).ShouldBe(Read($$"""{ "tenants": { "acme": {{Text}} } }""").Single());
    }

    [Theory]
    [InlineData("acme", """{ "limit": 1, "users": { "ann": {} } }""", "tenants.acme: unknown member", "tenants.acme.users.ann: nobody can log in")]
    [InlineData("acme", "[]", "tenants.acme: expected an object, not an array")]
    [InlineData("acme", "{", "tenants.acme: this is not JSON: ")]
    [InlineData("Acme", "{}", "tenants.Acme: \"Acme\" is no tenant name; expected 1 to 63")]
    public void Mistakes_in_a_tenant_from_elsewhere_have_a_path_and_no_line(string name, string text, params string[] starts)
    {
        var errors = Should.Throw<TenantsFileException>(() => TenantsFileReader.ReadTenant(name, Encoding.UTF8.GetBytes(text))).Errors;

        errors.Count.ShouldBe(starts.Length);
        foreach (var (error, start) in errors.Zip(starts))
            error.ToString().ShouldStartWith(start);
    }

    private static IReadOnlyList<TenantOptions> Read(string text) => TenantsFileReader.Read("f", Encoding.UTF8.GetBytes(text));

    private static IEnumerable<string> Errors(string text) => ErrorsOf(Encoding.UTF8.GetBytes(text));

    private static IEnumerable<string> ErrorsOf(byte[] utf8) =>
        Should.Throw<TenantsFileException>(() => TenantsFileReader.Read("f", utf8)).Errors.Select(error => error.ToString());
}
