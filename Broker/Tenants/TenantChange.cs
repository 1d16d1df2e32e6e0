using System.Collections.Frozen;
using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Tenants;

/// <summary>Something about a tenant is different. <see cref="Tenant.Version"/> has gone up already.</summary>
public sealed class TenantChange
{
    internal TenantChange(Tenant tenant, IEnumerable<string> revokedUsers, bool isAnonymousRevoked, bool isRemoved)
    {
        Tenant = tenant;
        RevokedUsers = revokedUsers.ToFrozenSet(StringComparer.Ordinal);
        IsAnonymousRevoked = isAnonymousRevoked;
        IsRemoved = isRemoved;
    }

    public Tenant Tenant { get; }

    /// <summary>Users who are gone or have other credentials than before.</summary>
    public IReadOnlySet<string> RevokedUsers { get; }

    public bool IsAnonymousRevoked { get; }

    public bool IsRemoved { get; }

    /// <summary>Whether a connection that authenticated as this user must be closed. (A change of rules alone closes none.)</summary>
    public bool Closes(User user) => IsRemoved || (user.Name is null ? IsAnonymousRevoked : RevokedUsers.Contains(user.Name));
}
