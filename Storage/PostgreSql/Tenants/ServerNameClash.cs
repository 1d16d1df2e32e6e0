using Starling.Broker.Tenants;

namespace Starling.Storage.PostgreSql.Tenants;

/// <summary>Two tenants want the same TLS server name, which no row shows by itself.</summary>
internal readonly record struct ServerNameClash(string ServerName, string Earlier, string Later)
{
    /// <param name="tenants">In the order in which they have a right to names.</param>
    public static IEnumerable<ServerNameClash> In(IEnumerable<TenantOptions> tenants)
    {
        Dictionary<string, string> claimed = new(StringComparer.Ordinal);
        foreach (var tenant in tenants)
        {
            foreach (var name in tenant.ServerNames)
            {
                if (!claimed.TryAdd(name, tenant.Name))
                    yield return new(name, claimed[name], tenant.Name);
            }
        }
    }
}
