using System.Text.RegularExpressions;

namespace Starling.Documentation.Tests;

/// <summary>The pages that people write.</summary>
internal static partial class Pages
{
    private static readonly string[] Folders = ["", "docs", "docs/adr", "samples", "samples/*"];

    /// <summary>Paths relative to the root, with slashes.</summary>
    public static IEnumerable<string> All =>
        Folders.SelectMany(folder => folder.EndsWith('*') ? Directory.GetDirectories(Repository.PathOf(folder[..^1])) : [Repository.PathOf(folder)])
            .SelectMany(folder => Directory.GetFiles(folder, "*.md"))
            .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);

    public static string Read(string page) => File.ReadAllText(Repository.PathOf(page)).ReplaceLineEndings("\n");

    /// <summary>Without code blocks.</summary>
    public static string Prose(string page) => CodeBlock().Replace(Read(page), "");

    /// <summary>Targets of links, such as <c>docs/storage.md#watching-it</c>.</summary>
    public static IEnumerable<string> Links(string page) => Link().Matches(Prose(page)).Select(match => match.Groups[1].Value);

    /// <summary>What the headings of a page can be linked by.</summary>
    public static IEnumerable<string> Anchors(string page) =>
        Heading().Matches(Prose(page)).Select(match => NotInAnchor().Replace(match.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    /// <summary>Names of code in backticks: of two words at least, such as <c>TopicShard</c>.</summary>
    public static IEnumerable<string> Names(string page) => CodeName().Matches(Prose(page)).Select(match => match.Groups[1].Value).Distinct();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"`(?:[A-Za-z.]+[./])?([A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+|I[A-Z][a-z][A-Za-z0-9]*)(?:\.[A-Za-z]+)*`")]
    private static partial Regex CodeName();
}
