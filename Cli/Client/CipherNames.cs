using System.Net.Security;

namespace Starling.Cli.Client;

/// <summary>Cipher suites by the names of OpenSSL, which mosquitto's clients take, or of IANA.</summary>
internal static class CipherNames
{
    /// <summary>They can't be chosen by OpenSSL's list for TLS 1.2 and before, and stay.</summary>
    private static readonly TlsCipherSuite[] OfTls13 =
        [TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256, TlsCipherSuite.TLS_AES_128_GCM_SHA256];

    /// <returns>Null when one of the names means nothing.</returns>
    public static IReadOnlyList<TlsCipherSuite>? Parse(string list)
    {
        var suites = new List<TlsCipherSuite>();
        foreach (var name in list.Split([':', ',', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Enum.TryParse<TlsCipherSuite>(name.StartsWith("TLS_", StringComparison.Ordinal) ? name : ToIana(name), out var suite))
                return null;
            suites.Add(suite);
        }

        return suites.Count == 0 ? null : suites.Exists(suite => OfTls13.Contains(suite)) ? suites : [.. OfTls13, .. suites];
    }

    /// <summary>ECDHE-RSA-AES128-GCM-SHA256 is TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.</summary>
    private static string ToIana(string name)
    {
        var parts = name.Split('-');
        var cipher = Array.FindIndex(parts, static part => part.StartsWith("AES", StringComparison.Ordinal) || part == "CHACHA20");
        if (cipher < 0)
            return name;
        var exchange = cipher == 0 ? "RSA" : string.Join('_', parts[..cipher]);
        var rest = parts[cipher..];
        var iana = rest switch
        {
            ["CHACHA20", ..] => "CHACHA20_POLY1305_SHA256",
            [var aes, var hash] => $"{Bits(aes)}_CBC_{hash}",
            [var aes, .. var mode] => $"{Bits(aes)}_{string.Join('_', mode)}",
            _ => name,
        };
        return $"TLS_{exchange}_WITH_{iana}";
    }

    private static string Bits(string aes) => aes.Insert(3, "_");
}
