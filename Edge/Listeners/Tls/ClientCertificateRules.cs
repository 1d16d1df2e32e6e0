using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Starling.Broker.Tenants.Credentials;
using Starling.Edge.Configuration;
using Starling.Edge.Listeners.Admissions;
using Starling.Edge.Transports;

namespace Starling.Edge.Listeners.Tls;

/// <summary>Whether clients show a certificate, and whose: of these authorities, and not on their lists of revoked ones.</summary>
internal sealed class ClientCertificateRules
{
    private readonly ClientCertificateMode _mode;
    private readonly X509ChainPolicy _policy;
    private readonly IReadOnlyList<RevocationList> _revoked;

    public ClientCertificateRules(ClientCertificateMode mode, X509Certificate2Collection authorities, IReadOnlyList<RevocationList> revoked)
    {
        _mode = mode;
        _revoked = revoked;
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

    /// <summary>
    /// No session is resumed: what OpenSSL keeps of a session has the client's own certificate and not the intermediate ones that it sent, so
    /// its chain could not be verified again.
    /// </summary>
    /// <param name="connection">Gets the certificate once it is verified.</param>
    public void Apply(SslServerAuthenticationOptions options, AdmittedConnection connection)
    {
        options.ClientCertificateRequired = true;
        options.AllowTlsResume = false;
        options.CertificateChainPolicy = _policy.Clone();
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsAllowed(connection, certificate, chain, errors);
    }

    /// <summary>Whether a certificate that was verified by other rules, or some time ago, is good by these.</summary>
    public bool Accepts(ClientCertificate certificate)
    {
        using var chain = new X509Chain { ChainPolicy = _policy.Clone() };
        chain.ChainPolicy.ExtraStore.AddRange(certificate.Intermediates.ToArray());
        try
        {
            return chain.Build(certificate.Presented.Leaf) && !IsRevoked(chain);
        }
        finally
        {
            foreach (var element in chain.ChainElements)
                element.Certificate.Dispose();
        }
    }

    private bool IsAllowed(AdmittedConnection connection, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
            return _mode == ClientCertificateMode.Optional;
        if (errors != SslPolicyErrors.None || chain is null || IsRevoked(chain))
            return false;
        // The chain's own are disposed after this.
        var above = chain.ChainElements.Skip(1).Select(element => element.Certificate).ToArray();
        connection.ClientCertificate = new ClientCertificate(
            new PresentedCertificate(
                (X509Certificate2)certificate,
                [.. above.Select(authority => authority.GetCertHashString(HashAlgorithmName.SHA256))]),
            [.. above.SkipLast(1).Select(authority => X509CertificateLoader.LoadCertificate(authority.RawDataMemory.Span))]);
        return true;
    }

    private bool IsRevoked(X509Chain chain) =>
        _revoked.Count > 0 && chain.ChainElements.Any(element => _revoked.Any(list => list.Revokes(element.Certificate)));
}
