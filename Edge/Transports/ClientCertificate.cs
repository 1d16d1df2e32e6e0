using System.Security.Cryptography.X509Certificates;
using Starling.Broker.Tenants.Credentials;

namespace Starling.Edge.Transports;

/// <summary>
/// The certificate that a client has shown, verified against the listener's CA file. It may stop being good while the connection lives:
/// by its end, by another CA file, by a list of revoked certificates. Thread-safe.
/// </summary>
/// <param name="presented">What logins see of it.</param>
/// <param name="intermediates">What stood between it and a root when it was verified, to verify it again.</param>
public sealed class ClientCertificate(PresentedCertificate presented, IReadOnlyList<X509Certificate2> intermediates)
{
    private readonly Lock _gate = new();
    private Action? _onRevoked;
    private bool _isRevoked;

    public PresentedCertificate Presented => presented;

    public IReadOnlyList<X509Certificate2> Intermediates => intermediates;

    /// <summary>When it, or a certificate that it depends on, ends.</summary>
    public DateTimeOffset NotAfter { get; } = intermediates.Append(presented.Leaf).Min(certificate => (DateTimeOffset)certificate.NotAfter.ToUniversalTime());

    /// <summary>Called once it is not good any more, at once if it is not already. One action; it must not throw.</summary>
    public void OnRevoked(Action action)
    {
        lock (_gate)
        {
            _onRevoked = action;
            if (!_isRevoked)
                return;
        }

        action();
    }

    internal void Revoke()
    {
        Action? action;
        lock (_gate)
        {
            if (_isRevoked)
                return;
            _isRevoked = true;
            action = _onRevoked;
        }

        action?.Invoke();
    }
}
