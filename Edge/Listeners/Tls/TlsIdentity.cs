using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Starling.Broker.Tenants;
using Starling.Edge.Configuration;
using Starling.Edge.Listeners.Admissions;

namespace Starling.Edge.Listeners.Tls;

/// <summary>A listener's certificates as they are at one time, by server name.</summary>
internal sealed class TlsIdentity
{
    private readonly Dictionary<string, SslServerAuthenticationOptions> _byName = [];
    private readonly SslServerAuthenticationOptions _default;

    /// <param name="options">The listener's TLS settings.</param>
    /// <param name="certificates">At least one; the first is the default.</param>
    /// <param name="clients">Null when clients are not asked for certificates.</param>
    public TlsIdentity(TlsOptions options, IReadOnlyList<ServerCertificate> certificates, ClientCertificateRules? clients)
    {
        Certificates = certificates;
        Clients = clients;
        var all = new List<SslServerAuthenticationOptions>();
        var protocols = SslProtocols.None;
        foreach (var version in options.Versions)
            protocols |= version == TlsVersion.Tls12 ? SslProtocols.Tls12 : SslProtocols.Tls13;
        var suites = options.CipherSuites is { } names ? CipherSuites.PolicyOf(names) : null;
        foreach (var certificate in certificates)
        {
            var authentication = new SslServerAuthenticationOptions
            {
                ServerCertificateContext = certificate.Context,
                EnabledSslProtocols = protocols,
                CipherSuitesPolicy = suites,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            };
            foreach (var name in certificate.ServerNames)
                _byName.TryAdd(name, authentication);
            all.Add(authentication);
        }
        _default = all[0];
    }

    public IReadOnlyList<ServerCertificate> Certificates { get; }

    /// <summary>Null when clients are not asked for certificates.</summary>
    public ClientCertificateRules? Clients { get; }

    /// <summary>What one handshake goes by.</summary>
    public SslServerAuthenticationOptions Select(string serverName, AdmittedConnection connection)
    {
        var found = Find(serverName);
        if (Clients is null)
            return found;
        // The chain policy is filled in during a handshake, so each has its own.
        var own = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = found.ServerCertificateContext,
            EnabledSslProtocols = found.EnabledSslProtocols,
            CipherSuitesPolicy = found.CipherSuitesPolicy,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        Clients.Apply(own, connection);
        return own;
    }

    /// <summary>The exact name wins, then <c>*.</c> in place of its first label, then the default.</summary>
    private SslServerAuthenticationOptions Find(string serverName)
    {
        var name = ServerName.Normalize(serverName);
        if (_byName.TryGetValue(name, out var found))
            return found;
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _byName.TryGetValue("*" + name[dot..], out var wildcard) ? wildcard : _default;
    }
}
