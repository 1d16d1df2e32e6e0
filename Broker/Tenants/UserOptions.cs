using Starling.Broker.Collections;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Tenants;

/// <summary>A user of a tenant and the ways in which a client may prove to be it; each of them is enough on its own.</summary>
public sealed record UserOptions
{
    public required string Name { get; init; }

    /// <summary>False: it is kept, with its sessions, and nobody logs in as it.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>From then on nobody logs in as it; null is never.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>In the form of ASP.NET Core Identity's password hasher (<see cref="PasswordHashFormat"/>).</summary>
    public string? PasswordHash { get; init; }

    /// <summary>A password that is taken as well while devices change over to <see cref="PasswordHash"/>.</summary>
    public string? PreviousPasswordHash { get; init; }

    /// <summary>When <see cref="PreviousPasswordHash"/> ends; null is never.</summary>
    public DateTimeOffset? PreviousPasswordNotAfter { get; init; }

    public ScramCredential? Scram { get; init; }

    public ValueList<CertificateMatch> Certificates { get; init; } = [];

    /// <summary>Client ids that it may take; empty: those of the tenant (<see cref="TenantOptions.ClientIds"/>).</summary>
    public ValueList<ClientIdPattern> ClientIds { get; init; } = [];

    /// <summary>Asked before the tenant's rules.</summary>
    public ValueList<AclRule> Acl { get; init; } = [];

    /// <summary>True when a client that authenticated with <paramref name="other"/>'s credentials would still be let in with these.</summary>
    public bool HasSameCredentials(UserOptions other) =>
        PasswordHash == other.PasswordHash && PreviousPasswordHash == other.PreviousPasswordHash
        && PreviousPasswordNotAfter == other.PreviousPasswordNotAfter
        && Scram == other.Scram && Certificates.Equals(other.Certificates) && Enabled == other.Enabled && NotAfter == other.NotAfter;

    /// <summary>Whether anybody may log in as it at that time.</summary>
    internal bool IsUsable(DateTimeOffset now) => Enabled && !(NotAfter <= now);

    /// <summary>The previous password's hash, while that password is taken.</summary>
    internal string? PreviousHashAt(DateTimeOffset now) => PreviousPasswordNotAfter <= now ? null : PreviousPasswordHash;

    /// <summary>When something of it ends.</summary>
    internal IEnumerable<DateTimeOffset> Ends => new[] { NotAfter, PreviousPasswordNotAfter }.OfType<DateTimeOffset>();

    internal UserOptions WithCredentialsOf(UserOptions other) =>
        this with
        {
            Enabled = other.Enabled,
            NotAfter = other.NotAfter,
            PasswordHash = other.PasswordHash,
            PreviousPasswordHash = other.PreviousPasswordHash,
            PreviousPasswordNotAfter = other.PreviousPasswordNotAfter,
            Scram = other.Scram,
            Certificates = other.Certificates,
        };

    /// <summary>The name only: hashes don't belong into logs.</summary>
    public override string ToString() => Name;
}
