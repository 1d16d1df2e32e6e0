using System.Collections.Concurrent;
using Starling.Edge.Transports;

namespace Starling.Edge.Listeners.Tls;

/// <summary>The certificates of a listener's connections, to be looked at again when the rules change and when they end. Thread-safe.</summary>
internal sealed class VerifiedClients
{
    private readonly ConcurrentDictionary<ClientCertificate, ClientCertificateRules> _clients = new();

    public void Add(ClientCertificate certificate, ClientCertificateRules verifiedBy) => _clients[certificate] = verifiedBy;

    public void Remove(ClientCertificate certificate) => _clients.TryRemove(certificate, out _);

    /// <summary>Revokes those that have ended, and those that others than these rules have accepted and these do not.</summary>
    /// <returns>How many.</returns>
    public int Examine(ClientCertificateRules rules, DateTimeOffset now)
    {
        var revoked = 0;
        foreach (var (certificate, verifiedBy) in _clients)
        {
            if (certificate.NotAfter > now && (verifiedBy == rules || rules.Accepts(certificate)))
            {
                _clients.TryUpdate(certificate, rules, verifiedBy);
                continue;
            }

            _clients.TryRemove(certificate, out _);
            certificate.Revoke();
            revoked++;
        }

        return revoked;
    }
}
