using Starling.Broker.Collections;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Collisions;
using Starling.Broker.Tenants.Quotas;

namespace Starling.Broker.Tenants;

/// <summary>Everything an operator says about a tenant. Compares by value, which is how a reload tells what changed.</summary>
public sealed record TenantOptions
{
    /// <summary>See <see cref="TenantName"/> for its syntax.</summary>
    public required string Name { get; init; }

    /// <summary>TLS server names, lower case; <c>*.example.com</c> stands for exactly one label in front of <c>.example.com</c>.</summary>
    public ValueList<string> ServerNames { get; init; } = [];

    /// <summary>
    /// SHA-256 thumbprints, in upper-case hex, of the certificate authorities whose certificates may name this tenant's users; any authority
    /// in a client certificate's chain counts. Empty: those that no other tenant names.
    /// </summary>
    public ValueList<string> CertificateAuthorities { get; init; } = [];

    /// <summary>Client ids that clients of users without patterns of their own may take, and anonymous ones; empty: any.</summary>
    public ValueList<ClientIdPattern> ClientIds { get; init; } = [];

    /// <summary>Clients that are not let in.</summary>
    public ValueList<Ban> Bans { get; init; } = [];

    /// <summary>Null: a client without a user name (and without a mapped certificate) is refused.</summary>
    public AnonymousAccess? Anonymous { get; init; }

    public ValueList<UserOptions> Users { get; init; } = [];

    /// <summary>Asked after a user's (or the anonymous) own rules, for every client of the tenant.</summary>
    public ValueList<AclRule> Acl { get; init; } = [];

    public TenantLimits Limits { get; init; } = new();

    /// <summary>Over how many shards its topics are spread in a cluster, 1 to 64. A change holds from the next start of the whole cluster.</summary>
    public int Shards { get; init; } = 1;

    public SharedSubscriptionStrategy SharedSubscriptions { get; init; } = SharedSubscriptionStrategy.RoundRobin;

    public InboxOverflow InboxOverflow { get; init; } = InboxOverflow.DropOldest;

    public ClientIdCollisionOptions ClientIdCollisions { get; init; } = new();
}

/// <summary>What clients without a user may do; their rules come before the tenant's.</summary>
public sealed record AnonymousAccess(ValueList<AclRule> Acl);

/// <summary>How the member of a shared subscription that gets a message is picked.</summary>
public enum SharedSubscriptionStrategy
{
    RoundRobin,

    /// <summary>One member keeps getting the messages of one publisher.</summary>
    Sticky,
    LeastInFlight,

    /// <summary>A member on the publisher's edge, if there is one.</summary>
    LocalFirst,
}

/// <summary>What is dropped when a durable session's inbox is full.</summary>
public enum InboxOverflow
{
    DropOldest,
    DropNewest,
}
