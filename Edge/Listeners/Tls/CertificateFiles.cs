using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Starling.Broker.Tenants;
using Starling.Edge.Configuration;
using Starling.Hosting.Configuration;

namespace Starling.Edge.Listeners.Tls;

/// <summary>A server certificate as loaded from its files.</summary>
internal sealed record ServerCertificate(string File, X509Certificate2 Leaf, SslStreamCertificateContext Context, IReadOnlyList<string> ServerNames);

/// <summary>Reads certificates and keys.</summary>
internal static class CertificateFiles
{
    /// <exception cref="CryptographicException">Unusable, with a message for the operator.</exception>
    /// <exception cref="IOException">Not readable; also <see cref="UnauthorizedAccessException"/>.</exception>
    public static ServerCertificate Load(CertificateOptions options, Func<string, string> resolve)
    {
        var file = resolve(options.File);
        var chain = new X509Certificate2Collection();
        X509Certificate2 leaf;
        if (Path.GetExtension(file).ToLowerInvariant() is ".pfx" or ".p12")
        {
            chain = X509CertificateLoader.LoadPkcs12CollectionFromFile(file, options.Password);
            leaf = chain.FirstOrDefault(certificate => certificate.HasPrivateKey)
                ?? throw new CryptographicException("there is no private key in it");
        }
        else
        {
            var pem = File.ReadAllText(file);
            var key = options.KeyFile is null ? pem : File.ReadAllText(resolve(options.KeyFile));
            PrivateKeyText.Check(key, options.Password is not null);
            leaf = options.Password is null
                ? X509Certificate2.CreateFromPem(pem, key)
                : X509Certificate2.CreateFromEncryptedPem(pem, key, options.Password);
            chain.ImportFromPem(pem);
            chain.RemoveAt(0);
        }
        // Offline: nothing is fetched from the addresses that a certificate names.
        var context = SslStreamCertificateContext.Create(leaf, chain, offline: true);
        return new(file, leaf, context, [.. (options.ServerNames ?? NamesIn(leaf)).Select(ServerName.Normalize)]);
    }

    /// <exception cref="CryptographicException">There is no certificate in it.</exception>
    /// <exception cref="IOException">Not readable; also <see cref="UnauthorizedAccessException"/>.</exception>
    public static X509Certificate2Collection LoadAuthorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        return authorities.Count > 0 ? authorities : throw new CryptographicException("there is no certificate in it");
    }

    private static List<string> NamesIn(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames()).ToList();
        return names.Count > 0 ? names : [certificate.GetNameInfo(X509NameType.DnsName, false)];
    }
}
