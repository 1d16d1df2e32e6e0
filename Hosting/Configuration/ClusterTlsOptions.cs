namespace Starling.Hosting.Configuration;

/// <summary>
/// TLS between the processes of a cluster. Both sides show a certificate, and whoever has one that leads to the cluster's own authority belongs to
/// it: names are not looked at.
/// </summary>
public sealed record ClusterTlsOptions
{
    /// <summary>This process's certificate: PEM, or PKCS#12.</summary>
    public required string CertificateFile { get; init; }

    /// <summary>Its key in PEM; null when it is in <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Of the PKCS#12 file or the encrypted key.</summary>
    public string? Password { get; init; }

    /// <summary>PEM file with the authority that the certificates of all processes lead to.</summary>
    public required string CaFile { get; init; }

    /// <summary>Without the password.</summary>
    public override string ToString() => CertificateFile;
}
