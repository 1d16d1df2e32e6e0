namespace Starling.Hosting.Configuration;

/// <summary>The cluster that an edge belongs to. It finds the silos in the database.</summary>
public sealed record ClusterOptions
{
    /// <summary>Processes of one cluster have it in common; several clusters can be in one database.</summary>
    public string ClusterId { get; init; } = "starling";

    /// <summary>The same for ever, through all changes of <see cref="ClusterId"/>.</summary>
    public string ServiceId { get; init; } = "starling";

    /// <summary>TLS to the silos; null is plain TCP.</summary>
    public ClusterTlsOptions? Tls { get; init; }
}
