using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;

namespace Starling.Grains.Interfaces.Calls;

/// <summary>Mutual TLS between the processes of a cluster: a certificate that leads to the cluster's authority is what makes a member.</summary>
public static class ClusterTls
{
    /// <param name="tls">To be filled in.</param>
    /// <param name="certificate">This process's, with its key.</param>
    /// <param name="authorities">What the others' certificates must lead to.</param>
    public static void Configure(TlsOptions tls, X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        tls.LocalCertificate = certificate;
        tls.LocalClientCertificateSelector = (_, _, _, _, _) => certificate;
        tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
        tls.OnAuthenticateAsClient = static (_, client) => client.TargetHost = "starling";
        tls.RemoteCertificateValidation = (remote, _, _) => LeadsTo(authorities, remote);
    }

    private static bool LeadsTo(X509Certificate2Collection authorities, X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }
}
