using System.Text;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Files;

namespace Starling.Broker.Tests.Tenants.Files;

/// <summary>Settings with a mistake take away what they say without doubt, and nothing else.</summary>
public sealed class RevocationsTests
{
    private const string Ann = """ "ann": { "certificates": ["CN=ann"] } """;
    private const string Bob = """ "bob": { "certificates": ["CN=bob"] } """;

    private static readonly TenantOptions Served = TenantsFileReader.ReadTenant("acme", Utf8($$"""{ "users": { {{Ann}}, {{Bob}} }, "anonymous": {} }"""));

    [Theory]
    [InlineData($$"""{ "acme": { "users": { {{Ann}} }, "x": 1 } }""", "ann:CN=ann anonymous")]
    [InlineData("""{ "acme": { "users": {}, "anonymous": false, "x": 1 } }""", "")]
    [InlineData($$"""{ "acme": { "users": { {{Bob}}, "ann": { "certificates": ["CN=new"] } }, "x": 1 } }""", "ann:CN=new bob:CN=bob anonymous")]
    [InlineData($$"""{ "acme": { "users": { {{Bob}}, "ann": { "certificates": ["new"] } } } }""", "ann:CN=ann bob:CN=bob anonymous")]
    [InlineData($$"""{ "acme": { "users": { {{Bob}}, "ann": 7 } } }""", "ann:CN=ann bob:CN=bob anonymous")]
    [InlineData($$"""{ "acme": { "users": { {{Bob}}, "new": { "certificates": ["CN=new"] } }, "x": 1 } }""", "bob:CN=bob anonymous")]
    [InlineData($$"""{ "acme": { "usres": { {{Ann}} } } }""", "ann:CN=ann bob:CN=bob anonymous")]
    [InlineData("""{ "acme": { "users": [] } }""", "ann:CN=ann bob:CN=bob anonymous")]
    [InlineData("""{ "acme": 7 }""", "ann:CN=ann bob:CN=bob anonymous")]
    [InlineData($$"""{ "acme": { "users": { {{Ann}}, "": {} } } }""", "ann:CN=ann bob:CN=bob anonymous")]
    [InlineData("""{ "other": { "x": 1 } }""", "gone")]
    [InlineData("""{ "Acme": {} }""", "ann:CN=ann bob:CN=bob anonymous")]
    public void What_a_file_with_a_mistake_leaves_of_a_tenant(string tenants, string left)
    {
        var mistakes = Should.Throw<TenantsFileException>(() => TenantsFileReader.Read("f", Utf8($$"""{ "tenants": {{tenants}} }""")));

        Describe(mistakes.Revocations.ShouldNotBeNull().ApplyTo(Served)).ShouldBe(left);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{ "tennants": {} }""")]
    [InlineData("""{ "tenants": [] }""")]
    public void A_file_that_does_not_say_which_tenants_there_are_revokes_nothing(string text) =>
        Should.Throw<TenantsFileException>(() => TenantsFileReader.Read("f", Utf8(text))).Revocations.ShouldBeNull();

    [Fact]
    public void A_row_of_the_database_without_users_has_none()
    {
        var mistakes = Should.Throw<TenantsFileException>(() => TenantsFileReader.ReadTenant("acme", Utf8("""{ "x": 1 }""")));

        Describe(mistakes.Revocations.ShouldNotBeNull().ApplyTo(Served)).ShouldBe("");
    }

    private static string Describe(TenantOptions? tenant) => tenant is null
        ? "gone"
        : string.Join(' ', tenant.Users.Select(user => $"{user.Name}:CN={user.Certificates.Single().Value}").Append(tenant.Anonymous is null ? "" : "anonymous")).Trim();

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
