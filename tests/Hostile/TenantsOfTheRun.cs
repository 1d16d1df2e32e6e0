using System.Text.Json;
using Starling.Testing;

namespace Starling.Hostile;

/// <summary>The attackers' tenant, one for anonymous clients, and the one that is not attacked. None sets a limit.</summary>
internal static class TenantsOfTheRun
{
    public static string Json { get; } = JsonSerializer.Serialize(new
    {
        tenants = new
        {
            open = new { anonymous = new { acl = new[] { new { allow = "all", filter = "#" } } } },
            attacker = Of("attacker"),
            healthy = Of("healthy"),
        },
    });

    private static object Of(string name) => new
    {
        users = new Dictionary<string, object> { [name] = new { passwordHash = PasswordHash.Of(name) } },
        acl = new object[] { new { deny = "publish", filter = "refused/#" }, new { allow = "all", filter = "#" } },
    };
}
