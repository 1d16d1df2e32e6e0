using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Starling.Broker.Tenants.Access;

/// <summary>
/// Client ids that a user may take: <c>%u</c> stands for its name, <c>*</c> for any characters or none, <c>%%</c> for a percent sign and
/// <c>%*</c> for an asterisk.
/// </summary>
public sealed record ClientIdPattern
{
    private readonly string[] _parts;

    /// <param name="parts">What stands between the asterisks, as it is written.</param>
    private ClientIdPattern(string text, string[] parts) => (Text, _parts) = (text, parts);

    public string Text { get; }

    /// <summary>Reads a pattern; <paramref name="error"/> says what is wrong with it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ClientIdPattern? pattern, [NotNullWhen(false)] out string? error)
    {
        (pattern, error) = (null, null);
        if (text.Length == 0)
            error = "an empty pattern matches no client id";
        List<string> parts = [];
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '*')
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
            else if (text[i] == '%' && (++i == text.Length || text[i] is not ('u' or '%' or '*')))
                error = "after '%' comes u (user name), another '%' or '*'";
        }
        parts.Add(text[start..]);
        if (error is not null)
            return false;
        pattern = new(text, [.. parts]);
        return true;
    }

    /// <exception cref="FormatException">The text is no pattern.</exception>
    public static ClientIdPattern Parse(string text) =>
        TryParse(text, out var pattern, out var error) ? pattern : throw new FormatException(error);

    /// <param name="userName">Null for an anonymous client, which no pattern with <c>%u</c> matches.</param>
    public bool Matches(string? userName, string clientId)
    {
        var rest = clientId.AsSpan();
        for (var i = 0; i < _parts.Length; i++)
        {
            if (Literal(_parts[i], userName) is not { } literal)
                return false;
            var isLast = i == _parts.Length - 1;
            if (i == 0)
            {
                if (!rest.StartsWith(literal, StringComparison.Ordinal))
                    return false;
                rest = rest[literal.Length..];
                if (isLast)
                    return rest.IsEmpty;
            }
            else if (isLast)
                return rest.EndsWith(literal, StringComparison.Ordinal);
            else if (rest.IndexOf(literal, StringComparison.Ordinal) is var at and >= 0)
                rest = rest[(at + literal.Length)..];
            else
                return false;
        }

        return false;
    }

    public bool Equals(ClientIdPattern? other) => Text == other?.Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;

    private static string? Literal(string part, string? userName)
    {
        if (!part.Contains('%'))
            return part;
        var literal = new StringBuilder();
        for (var i = 0; i < part.Length; i++)
        {
            if (part[i] != '%')
                literal.Append(part[i]);
            else if (part[++i] != 'u')
                literal.Append(part[i]);
            else if (userName is null)
                return null;
            else
                literal.Append(userName);
        }

        return literal.ToString();
    }
}
