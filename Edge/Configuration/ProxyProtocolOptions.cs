namespace Starling.Edge.Configuration;

/// <summary>PROXY protocol, version 1 and 2, as a load balancer in front of the listener sends it.</summary>
public sealed record ProxyProtocolOptions
{
    /// <summary>Addresses or networks (<c>10.0.0.0/8</c>) that connections may come from; null is any.</summary>
    public IReadOnlyList<string>? TrustedSources { get; init; }
}
