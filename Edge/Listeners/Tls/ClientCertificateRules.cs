using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Starling.Edge.Configuration;

namespace Starling.Edge.Listeners.Tls;

/// <summary>Whether clients show a certificate, and whose. Revocation is not checked.</summary>
internal sealed class ClientCertificateRules
{
    private readonly ClientCertificateMode _mode;
    private readonly X509ChainPolicy _policy;

    public ClientCertificateRules(ClientCertificateMode mode, X509Certificate2Collection authorities)
    {
        _mode = mode;
        _policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        _policy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2", "clientAuth"));
        foreach (var authority in authorities)
        {
            if (authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData))
                _policy.CustomTrustStore.Add(authority);
            else
                _policy.ExtraStore.Add(authority);
        }
    }

    public void Apply(SslServerAuthenticationOptions options)
    {
        options.ClientCertificateRequired = true;
        options.CertificateChainPolicy = _policy.Clone();
        options.RemoteCertificateValidationCallback = IsAllowed;
    }

    private bool IsAllowed(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is null ? _mode == ClientCertificateMode.Optional : errors == SslPolicyErrors.None;
}
