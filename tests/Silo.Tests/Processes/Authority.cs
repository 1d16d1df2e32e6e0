using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Starling.Silo.Tests.Processes;

/// <summary>A certificate authority that makes certificates for nodes, as files in a folder of its own.</summary>
internal sealed class Authority : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("starling-authority-");
    private readonly X509Certificate2 _certificate;
    private int _issued;

    /// <param name="name">What it calls itself. Two of one name are not the same.</param>
    public Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(CaFile, _certificate.ExportCertificatePem());
    }

    public string CaFile => Path.Combine(_folder.FullName, "ca.pem");

    /// <returns>Settings of a node with a new certificate of this authority.</returns>
    public IReadOnlyList<string> Settings(string node)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={node}", key, HashAlgorithmName.SHA256);
        using var issued = request.Create(_certificate, _certificate.NotBefore, _certificate.NotAfter, BitConverter.GetBytes(++_issued));
        var file = Path.Combine(_folder.FullName, node + ".pem");
        File.WriteAllText(file, $"{issued.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return [$"cluster.tls.certificateFile={file}", $"cluster.tls.caFile={CaFile}"];
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _folder.Delete(recursive: true);
    }
}
