using System.Collections.Frozen;

namespace Starling.Broker.Tenants;

/// <summary>
/// Which certificate authorities tenants have named (<see cref="TenantOptions.CertificateAuthorities"/>). An authority that is named
/// belongs to the tenants that name it: names in its certificates mean nothing to others, also to those that name none. Thread-safe.
/// </summary>
internal sealed class AuthorityClaims
{
    private volatile FrozenSet<string> _named = [];

    /// <returns>Whether there are some that nobody had named before.</returns>
    public bool Replace(IEnumerable<TenantOptions> tenants)
    {
        var before = _named;
        _named = tenants.SelectMany(tenant => tenant.CertificateAuthorities).ToFrozenSet(StringComparer.Ordinal);
        return !_named.IsSubsetOf(before);
    }

    /// <param name="issuers">SHA-256 thumbprints of the authorities that a certificate was verified with.</param>
    public bool AreTrustedBy(TenantOptions tenant, IReadOnlyList<string> issuers)
    {
        var named = _named;
        return tenant.CertificateAuthorities.Count > 0
            ? issuers.Any(tenant.CertificateAuthorities.Contains)
            : !issuers.Any(named.Contains);
    }
}
