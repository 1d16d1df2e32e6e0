using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Tenants.Authentication;

/// <summary>client-first-message (RFC 5802 section 7). <paramref name="Bare"/> is the part that is signed.</summary>
internal sealed record ScramClientFirst(string Gs2Header, string Bare, string UserName, string Nonce, bool WantsChannelBinding)
{
    public static bool TryParse(ReadOnlySpan<byte> data, [NotNullWhen(true)] out ScramClientFirst? message)
    {
        message = null;
        if (data.Length > ScramText.MaximumLength || !Utf8.IsValid(data))
            return false;
        var text = Encoding.UTF8.GetString(data);
        var parts = text.Split(',');
        if (parts.Length < 4 || !(parts[0] is "n" or "y" || parts[0].StartsWith("p=", StringComparison.Ordinal)))
            return false;
        if (!parts[2].StartsWith("n=", StringComparison.Ordinal) || !parts[3].StartsWith("r=", StringComparison.Ordinal))
            return false;
        if (!ScramText.TryUnescape(parts[2][2..], out var name) || !SaslPrep.TryPrepare(name, out var user) || !ScramText.IsNonce(parts[3][2..]))
            return false;
        if (parts[1].Length > 0 && !ActsForItself(parts[1], user))
            return false;
        var header = $"{parts[0]},{parts[1]},";
        message = new(header, text[header.Length..], user, parts[3][2..], parts[0][0] == 'p');
        return true;
    }

    /// <summary>Nobody may act for another user here, so an authorization identity can only repeat the user name.</summary>
    private static bool ActsForItself(string authorization, string user) =>
        authorization.StartsWith("a=", StringComparison.Ordinal) && ScramText.TryUnescape(authorization[2..], out var name)
        && SaslPrep.TryPrepare(name, out var prepared) && prepared == user;
}

/// <summary>client-final-message (RFC 5802 section 7).</summary>
internal sealed record ScramClientFinal(string WithoutProof, string ChannelBinding, string Nonce, byte[] Proof)
{
    public static bool TryParse(ReadOnlySpan<byte> data, [NotNullWhen(true)] out ScramClientFinal? message)
    {
        message = null;
        if (data.Length > ScramText.MaximumLength || !Utf8.IsValid(data))
            return false;
        var text = Encoding.UTF8.GetString(data);
        var parts = text.Split(',');
        if (parts.Length < 3 || !parts[0].StartsWith("c=", StringComparison.Ordinal) || !parts[1].StartsWith("r=", StringComparison.Ordinal))
            return false;
        if (!parts[^1].StartsWith("p=", StringComparison.Ordinal))
            return false;
        var proof = new byte[ScramText.MaximumLength];
        if (!Convert.TryFromBase64String(parts[^1][2..], proof, out var length))
            return false;
        message = new(text[..^(parts[^1].Length + 1)], parts[0][2..], parts[1][2..], proof[..length]);
        return true;
    }
}

internal static class ScramText
{
    /// <summary>Longest message taken, in bytes; real ones have a few hundred.</summary>
    public const int MaximumLength = 4096;

    /// <summary>In a saslname, <c>=2C</c> is a comma, <c>=3D</c> an equals sign and <c>=</c> nothing else.</summary>
    public static bool TryUnescape(string name, [NotNullWhen(true)] out string? value)
    {
        value = name.Replace("=2C", ",", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
        for (var at = name.IndexOf('='); at >= 0; at = name.IndexOf('=', at + 1))
        {
            if (name.AsSpan(at + 1) is not (['2', 'C', ..] or ['3', 'D', ..]))
                value = null;
        }
        return value is not null;
    }

    /// <summary>One to 256 printable ASCII characters without a comma.</summary>
    public static bool IsNonce(string text)
    {
        foreach (var c in text)
        {
            if (c is < '!' or > '~' or ',')
                return false;
        }
        return text.Length is > 0 and <= 256;
    }
}
