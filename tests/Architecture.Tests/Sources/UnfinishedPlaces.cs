using System.Text.RegularExpressions;

namespace Starling.Architecture.Tests.Sources;

/// <summary>Finds what somebody has left to be done later.</summary>
internal static partial class UnfinishedPlaces
{
    /// <summary>One text per line.</summary>
    public static IReadOnlyList<string> In(IEnumerable<SourceFile> sources) =>
    [
        .. from source in sources
           from line in source.Text.Split('\n').Index()
           where Unfinished().IsMatch(line.Item)
           select $"{source.Path}:{line.Index + 1}: {line.Item.Trim()}",
    ];

    [GeneratedRegex(@"NotImplementedException|\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex Unfinished();
}
