using Starling.Broker.Collections;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Tenants;

/// <summary>A user of a tenant and the ways in which a client may prove to be it; each of them is enough on its own.</summary>
public sealed record UserOptions
{
    public required string Name { get; init; }

    /// <summary>In the form of ASP.NET Core Identity's password hasher (<see cref="PasswordHashFormat"/>).</summary>
    public string? PasswordHash { get; init; }

    public ScramCredential? Scram { get; init; }

    public ValueList<CertificateMatch> Certificates { get; init; } = [];

    /// <summary>Client ids that it may take; empty: those of the tenant (<see cref="TenantOptions.ClientIds"/>).</summary>
    public ValueList<ClientIdPattern> ClientIds { get; init; } = [];

    /// <summary>Asked before the tenant's rules.</summary>
    public ValueList<AclRule> Acl { get; init; } = [];

    /// <summary>True when a client that authenticated with <paramref name="other"/>'s credentials would still be let in with these.</summary>
    public bool HasSameCredentials(UserOptions other) =>
        PasswordHash == other.PasswordHash && Scram == other.Scram && Certificates.Equals(other.Certificates);

    internal UserOptions WithCredentialsOf(UserOptions other) =>
        this with { PasswordHash = other.PasswordHash, Scram = other.Scram, Certificates = other.Certificates };

    /// <summary>The name only: hashes don't belong into logs.</summary>
    public override string ToString() => Name;
}
