using System.Text.RegularExpressions;

namespace Starling.Architecture.Tests.Sources;

/// <summary>Finds methods that log what clients have chosen in full length: it may have 65,535 bytes. <c>ForeignText</c> shortens it.</summary>
internal static partial class LoggedTexts
{
    /// <summary>One text per parameter.</summary>
    public static IReadOnlyList<string> InFullLength(IEnumerable<SourceFile> sources) =>
    [
        .. from source in sources
           from method in LogMethod().Matches(source.Text)
           from parameter in Foreign().Matches(method.Value)
           select $"{source.Path}: {parameter.Value}",
    ];

    [GeneratedRegex(@"partial\s+void\s+Log\w*\([^)]*\)")]
    private static partial Regex LogMethod();

    [GeneratedRegex(@"\bstring\??\s+(client|clientId|filter|topic|user|userName|willTopic)\b")]
    private static partial Regex Foreign();
}
