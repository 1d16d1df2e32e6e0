using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Starling.Hosting.Configuration;

/// <summary>The files of <see cref="ClusterTlsOptions"/>, loaded.</summary>
internal sealed record ClusterCertificate(X509Certificate2 Certificate, X509Certificate2Collection Authorities)
{
    /// <exception cref="SettingException">A file cannot be used.</exception>
    public static ClusterCertificate Load(ClusterTlsOptions options, Func<string, string> resolve)
    {
        var authorities = new X509Certificate2Collection();
        Try("cluster.tls.caFile", () => authorities.ImportFromPemFile(resolve(options.CaFile)));
        if (authorities.Count == 0)
            throw new SettingException("cluster.tls.caFile", $"there is no certificate in {options.CaFile}");
        X509Certificate2? certificate = null;
        Try("cluster.tls.certificateFile", () => certificate = Load(resolve(options.CertificateFile), options, resolve));
        return new(certificate!, authorities);
    }

    private static X509Certificate2 Load(string file, ClusterTlsOptions options, Func<string, string> resolve)
    {
        if (Path.GetExtension(file).ToLowerInvariant() is ".pfx" or ".p12")
            return X509CertificateLoader.LoadPkcs12FromFile(file, options.Password);
        var key = options.KeyFile is null ? file : resolve(options.KeyFile);
        PrivateKeyText.Check(File.ReadAllText(key), options.Password is not null);
        return options.Password is null
            ? X509Certificate2.CreateFromPemFile(file, key)
            : X509Certificate2.CreateFromEncryptedPemFile(file, options.Password, key);
    }

    private static void Try(string setting, Action load)
    {
        try
        {
            load();
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new SettingException(setting, $"cannot be used: {error.Message.ReplaceLineEndings(" ")}");
        }
    }
}
