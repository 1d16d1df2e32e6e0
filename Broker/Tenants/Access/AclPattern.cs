using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Starling.Broker.Tenants.Access;

/// <summary>
/// A topic filter in which <c>%u</c> stands for the client's user name and <c>%c</c> for its client id, also as part of a level
/// (<c>devices/dev-%c/#</c>). <c>%%</c> is a percent sign.
/// </summary>
public sealed record AclPattern
{
    private AclPattern(string text) => Text = text;

    public string Text { get; }

    public bool HasPlaceholders { get; private init; }

    /// <summary>Reads a pattern; <paramref name="error"/> says what is wrong with it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out AclPattern? pattern, [NotNullWhen(false)] out string? error)
    {
        pattern = null;
        error = Explain(text, out var placeholders);
        if (error is not null)
            return false;
        pattern = new AclPattern(text) { HasPlaceholders = placeholders };
        return true;
    }

    /// <exception cref="FormatException">The text is no pattern.</exception>
    public static AclPattern Parse(string text) =>
        TryParse(text, out var pattern, out var error) ? pattern : throw new FormatException(error);

    /// <summary>
    /// The filter this pattern is for one client, or null if it can't match any topic of that client: because it needs a user name and
    /// there is none, or because the user name or client id has a character in it (<c>+ # /</c> or NUL) that no single level can have.
    /// Neither can a name open the <c>$</c> topics to a pattern that begins with its placeholder.
    /// </summary>
    internal AclFilter? For(string? userName, string clientId)
    {
        var levels = Text.Split('/');
        for (var i = 0; i < levels.Length; i++)
        {
            if (Substitute(levels[i], userName, clientId) is not { } level || (i == 0 && level.StartsWith('$') && levels[0][0] != '$'))
                return null;
            levels[i] = level;
        }
        return new AclFilter(levels);
    }

    public override string ToString() => Text;

    private static string? Substitute(string level, string? userName, string clientId)
    {
        if (!level.Contains('%'))
            return level;
        var result = new StringBuilder();
        for (var i = 0; i < level.Length; i++)
        {
            if (level[i] != '%')
            {
                result.Append(level[i]);
                continue;
            }
            var value = level[++i] switch { 'u' => userName, 'c' => clientId, _ => "%" };
            if (string.IsNullOrEmpty(value) || value.AsSpan().ContainsAny("+#/\0"))
                return null;
            result.Append(value);
        }
        return result.ToString();
    }

    private static string? Explain(string text, out bool placeholders)
    {
        placeholders = false;
        if (text.Length == 0)
            return "an empty filter matches nothing";
        if (text.Contains('\0'))
            return "a filter can't contain U+0000";
        if (Encoding.UTF8.GetByteCount(text) > 65_535)
            return "a filter has at most 65,535 bytes";
        if (text.StartsWith("$share/", StringComparison.Ordinal))
            return "rules are about the filter inside a shared subscription: leave out $share/group/";
        var levels = text.Split('/');
        for (var i = 0; i < levels.Length; i++)
        {
            var level = levels[i];
            if (level.Length > 1 && level.AsSpan().ContainsAny('+', '#'))
                return $"'{level}' mixes a wildcard with text; '+' and '#' stand alone in their level";
            if (level == "#" && i < levels.Length - 1)
                return "'#' is allowed in the last level only";
            for (var at = level.IndexOf('%'); at >= 0; at = level.IndexOf('%', at + 2))
            {
                if (at + 1 == level.Length || level[at + 1] is not ('u' or 'c' or '%'))
                    return "after '%' comes u (user name), c (client id) or another '%'";
                placeholders = true;
                if (at + 2 >= level.Length)
                    break;
            }
        }
        return null;
    }
}
