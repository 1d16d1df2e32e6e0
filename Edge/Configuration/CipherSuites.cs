using System.Diagnostics.CodeAnalysis;
using System.Net.Security;

namespace Starling.Edge.Configuration;

/// <summary>TLS cipher suites by the names that IANA gives them, such as <c>TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256</c>.</summary>
internal static class CipherSuites
{
    private static readonly TlsCipherSuite[] OfTls13 =
        [TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256, TlsCipherSuite.TLS_AES_128_GCM_SHA256];

    /// <summary>Null for a name that is none, for a suite of TLS 1.3, and for one that encrypts nothing or proves nothing.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out TlsCipherSuite? suite)
    {
        suite = Enum.TryParse<TlsCipherSuite>(name, ignoreCase: false, out var parsed) && Enum.IsDefined(parsed)
            && name.Contains("_WITH_", StringComparison.Ordinal)
            && !name.Contains("_NULL_", StringComparison.Ordinal) && !name.Contains("_anon_", StringComparison.Ordinal)
            && !name.Contains("_EXPORT_", StringComparison.Ordinal)
            ? parsed : null;
        return suite is not null;
    }

    /// <summary>The suites of TLS 1.3, which are always on, before these.</summary>
    /// <exception cref="PlatformNotSupportedException">This system does not let programs choose.</exception>
    [SuppressMessage("Interoperability", "CA1416:Validate platform compatibility", Justification = "What other systems throw is told to the operator.")]
    public static CipherSuitesPolicy PolicyOf(IEnumerable<string> names) => new(
        [.. OfTls13, .. names.Select(name => TryParse(name, out var suite) ? suite.Value : throw new FormatException($"'{name}' is not a cipher suite"))]);
}
