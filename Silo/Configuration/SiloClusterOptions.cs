using Starling.Hosting.Configuration;

namespace Starling.Silo.Configuration;

/// <summary>The cluster that a silo belongs to, and where the others reach it.</summary>
public sealed record SiloClusterOptions
{
    /// <inheritdoc cref="ClusterOptions.ClusterId"/>
    public string ClusterId { get; init; } = "starling";

    /// <inheritdoc cref="ClusterOptions.ServiceId"/>
    public string ServiceId { get; init; } = "starling";

    /// <summary>Listens here for silos and edges.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Where others reach it; null is <see cref="Address"/>.</summary>
    public string? AdvertisedAddress { get; init; }

    /// <summary>For silos.</summary>
    public int SiloPort { get; init; } = 11111;

    /// <summary>For edges.</summary>
    public int GatewayPort { get; init; } = 30000;

    /// <summary>Whether either address may be one that the internet reaches. Whoever reaches a gateway, and has a certificate if there is TLS, is obeyed.</summary>
    public bool AllowPublicAddress { get; init; }

    /// <summary>TLS with silos and edges; null is plain TCP.</summary>
    public ClusterTlsOptions? Tls { get; init; }
}
