using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Starling.Cli.Client;

/// <summary>Which servers a TLS client believes.</summary>
/// <param name="Authorities">Trusted instead of the system's; null for the system's.</param>
/// <param name="Insecure">Don't check the name; without own authorities, don't check anything.</param>
internal sealed record ServerTrust(X509Certificate2Collection? Authorities, bool Insecure)
{
    public bool Accepts(object? sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 server)
            return false;
        if (Insecure)
            errors &= ~SslPolicyErrors.RemoteCertificateNameMismatch;
        if (Authorities is null)
            return Insecure || errors == SslPolicyErrors.None;
        errors &= ~SslPolicyErrors.RemoteCertificateChainErrors;
        return errors == SslPolicyErrors.None && IsIssuedByAuthorities(server, chain, Authorities);
    }

    private static bool IsIssuedByAuthorities(X509Certificate2 server, X509Chain? sent, X509Certificate2Collection authorities)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (sent is not null)
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainElements.Select(element => element.Certificate).ToArray());
        return chain.Build(server);
    }
}
