using System.Security.Cryptography.X509Certificates;

namespace Starling.Broker.Tenants.Credentials;

/// <summary>A client certificate whose chain the listener has verified.</summary>
/// <param name="Leaf">The client's own.</param>
/// <param name="Issuers">SHA-256 thumbprints, in upper-case hex, of the certificates above it, the root included.</param>
public sealed record PresentedCertificate(X509Certificate2 Leaf, IReadOnlyList<string> Issuers);
