using System.Diagnostics.CodeAnalysis;

namespace Starling.Broker.Tenants;

/// <summary>The tenants there are at the moment. Thread-safe.</summary>
public interface ITenantDirectory
{
    /// <summary>
    /// Raised after each change of a tenant, one at a time, on the thread that made it. Meant for one subscriber per part of the process,
    /// which then looks through its connections; not for one per connection.
    /// </summary>
    event Action<TenantChange>? Changed;

    IReadOnlyCollection<Tenant> Tenants { get; }

    bool TryGet(string name, [NotNullWhen(true)] out Tenant? tenant);

    /// <param name="serverName">The TLS server name (SNI) a client asked for, in any case.</param>
    /// <param name="tenant">The tenant that claims exactly this name, else the one that claims <c>*.</c> with the rest of it.</param>
    bool TryGetByServerName(string serverName, [NotNullWhen(true)] out Tenant? tenant);
}
