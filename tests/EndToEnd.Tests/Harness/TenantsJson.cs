using System.Text.Json;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.Harness;

/// <summary>The text of a tenants file.</summary>
internal static class TenantsJson
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    /// <summary>demo with user demo; acme and zenith with user device, found by user name or by TLS server name. A password is the user's name.</summary>
    public static string Usual => Of(Tenant("demo", "demo"), Tenant("acme", "device"), Tenant("zenith", "device"));

    public static string Of(params (string Name, object Settings)[] tenants) =>
        JsonSerializer.Serialize(new { tenants = tenants.ToDictionary(tenant => tenant.Name, tenant => tenant.Settings) }, Readable);

    public static (string Name, object Settings) Tenant(string name, params string[] users) => (name, new
    {
        serverNames = new[] { name + ".example.com" },
        users = users.ToDictionary(user => user, user => new { passwordHash = PasswordHash.Of(user) }),
        acl = new[] { new { allow = "all", filter = "#" }, new { allow = "subscribe", filter = "$SYS/#" } },
    });
}
