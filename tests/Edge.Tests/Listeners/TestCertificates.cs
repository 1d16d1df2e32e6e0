using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Starling.Edge.Configuration;

namespace Starling.Edge.Tests.Listeners;

/// <summary>A certificate authority and the PEM files it makes, in a folder that goes with it.</summary>
internal sealed class TestCertificates : IDisposable
{
    private static readonly DateTimeOffset From = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Until = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("starling-tests-");

    public TestCertificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Authority = request.CreateSelfSigned(From, Until);
        File.WriteAllText(CaFile, Authority.ExportCertificatePem());
    }

    public X509Certificate2 Authority { get; }

    public string CaFile => Path("ca.pem");

    public string Path(string file) => System.IO.Path.Combine(_directory.FullName, file);

    /// <summary>An authority that the CA file does not hold and <see cref="Authority"/> has signed.</summary>
    public X509Certificate2 MakeIntermediate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.Create(Authority, From, Until, RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>Writes a list of revoked certificates of <see cref="Authority"/>.</summary>
    public string WriteRevoked(string file, params X509Certificate2[] revoked)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var certificate in revoked)
            list.AddEntry(certificate);
        var keyIdentifier = new X509SubjectKeyIdentifierExtension(Authority.PublicKey, critical: false);
        var der = list.Build(
            Authority.SubjectName, X509SignatureGenerator.CreateForECDsa(Authority.GetECDsaPrivateKey()!), 1, Until, HashAlgorithmName.SHA256,
            X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(keyIdentifier), From);
        File.WriteAllText(Path(file), PemEncoding.WriteString("X509 CRL", der));
        return Path(file);
    }

    public X509Certificate2 Make(string name, DateTimeOffset? until = null, X509Certificate2? issuer = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(issuer ?? Authority, From, until ?? Until, RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>Writes <c>file</c>.pem and <c>file</c>.key.</summary>
    public CertificateOptions Write(string file, X509Certificate2 certificate)
    {
        File.WriteAllText(Path(file + ".key"), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Path(file + ".pem"), certificate.ExportCertificatePem());
        return new() { File = Path(file + ".pem"), KeyFile = Path(file + ".key") };
    }

    public CertificateOptions WriteNew(string file, string name) => Write(file, Make(name));

    public static async Task<SslStream> HandshakeAsync(Stream stream, string serverName, X509Certificate2? client = null, System.Security.Authentication.SslProtocols protocols = default)
    {
        var tls = new SslStream(stream);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = serverName,
                EnabledSslProtocols = protocols,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
                ClientCertificateContext = client is null ? null : SslStreamCertificateContext.Create(client, null, offline: true),
            },
            TestContext.Current.CancellationToken);
        return tls;
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
