using System.Text.Json.Serialization;

namespace Starling.Edge.Configuration;

public enum TlsVersion
{
    [JsonStringEnumMemberName("1.2")]
    Tls12,

    [JsonStringEnumMemberName("1.3")]
    Tls13,
}

public enum ClientCertificateMode
{
    None,
    Optional,
    Required,
}

public sealed record TlsOptions
{
    public IReadOnlyList<TlsVersion> Versions { get; init; } = [TlsVersion.Tls12, TlsVersion.Tls13];

    /// <summary>The first one is used for server names that no other one carries, and for clients that send none.</summary>
    public IReadOnlyList<CertificateOptions> Certificates { get; init; } = [];

    /// <summary>Use a self-made certificate for localhost, kept in the data directory.</summary>
    public bool DevelopmentCertificate { get; init; }

    public ClientCertificateMode ClientCertificates { get; init; }

    /// <summary>PEM file with the root (and, if there are any, intermediate) certificates that client certificates must lead to.</summary>
    public string? ClientCaFile { get; init; }

    /// <summary>Files with lists of revoked client certificates (PEM or DER), each signed by an authority of <see cref="ClientCaFile"/>.</summary>
    public IReadOnlyList<string>? ClientCrlFiles { get; init; }

    /// <summary>Suites of TLS 1.2 by their IANA names, those that are preferred first; null is .NET's choice. Those of TLS 1.3 are always on.</summary>
    public IReadOnlyList<string>? CipherSuites { get; init; }
}

/// <summary>A server certificate: PEM with its key beside it or in the same file, or PKCS#12 (<c>.pfx</c>, <c>.p12</c>).</summary>
public sealed record CertificateOptions
{
    /// <summary>The certificate, followed by the intermediate ones, if any.</summary>
    public required string File { get; init; }

    /// <summary>The private key in PEM; null when it is in <see cref="File"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Of the PKCS#12 file or the encrypted PEM key.</summary>
    public string? Password { get; init; }

    /// <summary>Names (<c>mqtt.example.com</c>, <c>*.example.com</c>) it is used for; null takes them from the certificate.</summary>
    public IReadOnlyList<string>? ServerNames { get; init; }

    /// <summary>Without the password.</summary>
    public override string ToString() => File;
}
