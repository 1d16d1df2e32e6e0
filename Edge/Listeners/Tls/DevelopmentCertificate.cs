using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Starling.Edge.Configuration;

namespace Starling.Edge.Listeners.Tls;

/// <summary>
/// A certificate for localhost, made when there is none or it ends soon. The key that signed it is not kept,
/// so trusting its CA trusts nothing else.
/// </summary>
internal static class DevelopmentCertificate
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(397);
    private static readonly TimeSpan Renewal = TimeSpan.FromDays(30);

    /// <summary>The PEM file for clients to trust.</summary>
    public static string CaFile(string directory) => Path.Combine(directory, "development-ca.pem");

    /// <exception cref="IOException">The directory cannot be written. Also <see cref="UnauthorizedAccessException"/>.</exception>
    public static CertificateOptions Ensure(string directory, TimeProvider time)
    {
        var options = new CertificateOptions
        {
            File = Path.Combine(directory, "development.pem"),
            KeyFile = Path.Combine(directory, "development.key"),
        };
        if (!IsUsable(options, CaFile(directory), time))
            Make(options, directory, time);
        return options;
    }

    private static bool IsUsable(CertificateOptions options, string caFile, TimeProvider time)
    {
        try
        {
            using var leaf = CertificateFiles.Load(options, file => file).Leaf;
            return File.Exists(caFile) && leaf.NotAfter.ToUniversalTime() - Renewal > time.GetUtcNow();
        }
        catch (Exception e) when (e is IOException or CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    private static void Make(CertificateOptions options, string directory, TimeProvider time)
    {
        var from = time.GetUtcNow().AddDays(-1);
        var until = from + Lifetime;
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=Starling development CA", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        caRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        caRequest.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(caRequest.PublicKey, false));
        using var ca = caRequest.CreateSelfSigned(from, until);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(ca, true, false));
        using var certificate = request.Create(ca, from, until, RandomNumberGenerator.GetBytes(16));

        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Write(options.KeyFile!, key.ExportPkcs8PrivateKeyPem());
        Write(options.File, certificate.ExportCertificatePem());
        Write(CaFile(directory), ca.ExportCertificatePem());
    }

    /// <summary>Whole or not at all, for the owner only.</summary>
    private static void Write(string file, string pem)
    {
        var temporary = file + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var writer = new StreamWriter(temporary, options))
            writer.WriteLine(pem);
        File.Move(temporary, file, overwrite: true);
    }
}
