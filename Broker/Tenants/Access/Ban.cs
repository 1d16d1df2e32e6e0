using System.Net;

namespace Starling.Broker.Tenants.Access;

/// <summary>Clients that a tenant does not let in, whatever they can prove. All that is given has to be so; at least one thing is.</summary>
public sealed record Ban
{
    public ClientIdPattern? ClientId { get; init; }

    /// <summary>A user's name; also one that a client has only claimed.</summary>
    public string? User { get; init; }

    public IPNetwork? Address { get; init; }

    /// <summary>When it ends; null is never.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>For operators; clients are not told.</summary>
    public string? Reason { get; init; }

    /// <param name="address">Null when it is not known: then no ban of addresses is meant.</param>
    public bool Applies(string? user, string clientId, IPAddress? address, DateTimeOffset now)
    {
        if (NotAfter <= now)
            return false;
        if (address is { IsIPv4MappedToIPv6: true })
            address = address.MapToIPv4();
        return (User is null || User == user)
            && (ClientId is null || ClientId.Matches(user, clientId))
            && (Address is not { } network || (address is not null && network.Contains(address)));
    }
}
