using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Starling.Broker.Tenants.Credentials;

/// <summary>
/// SASLprep (RFC 4013) as far as it goes without Unicode tables: non-ASCII spaces become a space, characters "commonly mapped to nothing"
/// go, and control, private-use, unassigned, non-character, surrogate and tagging code points are refused.
/// </summary>
/// <remarks>
/// NFKC is asked of the runtime. Where that runs without ICU (invariant globalization, as the broker does) it leaves text as it is, so
/// names and passwords beyond ASCII compare as they were typed; text that is in NFKC already, as keyboards make it, is not affected.
/// The rules for right-to-left text are left out: they refuse text, they don't change it.
/// </remarks>
internal static class SaslPrep
{
    public static bool TryPrepare(string text, [NotNullWhen(true)] out string? prepared)
    {
        prepared = null;
        var mapped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsMappedToNothing(rune.Value))
                continue;
            if (rune.Value > 0x7F && (Rune.GetUnicodeCategory(rune) == UnicodeCategory.SpaceSeparator || rune.Value == 0x200B))
                mapped.Append(' ');
            else if (IsProhibited(rune))
                return false;
            else
                mapped.Append(rune);
        }
        if (mapped.Length == 0)
            return false;
        prepared = mapped.ToString().Normalize(NormalizationForm.FormKC);
        return true;
    }

    /// <summary>RFC 3454 table B.1.</summary>
    private static bool IsMappedToNothing(int value) =>
        value is 0xAD or 0x34F or 0x1806 or (>= 0x180B and <= 0x180D) or 0x200C or 0x200D or 0x2060 or (>= 0xFE00 and <= 0xFE0F) or 0xFEFF;

    /// <summary>RFC 3454 tables C.2 to C.9 and A.1 by Unicode category; U+FFFD also stands for a lone surrogate.</summary>
    private static bool IsProhibited(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned => true,
        _ => rune.Value is (>= 0xFFF9 and <= 0xFFFD) or (>= 0x2FF0 and <= 0x2FFB) or 0x340 or 0x341,
    };
}
