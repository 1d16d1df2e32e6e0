using System.Text;

namespace Starling.Conformance;

/// <summary>The page that tells which tests show which statement.</summary>
internal static class Page
{
    public const string Path = "docs/conformance.md";

    public static string Write(Coverage coverage)
    {
        var page = new StringBuilder("""
            # Conformance

            Every normative statement of MQTT 5.0 and 3.1.1, and the tests that show it: what the broker does, and what it does when a client
            violates the statement. At the end of each list are the statements that don't bind a server, with the reason.

            Written by `./test --conformance` from the tests' traits `Statement`; `./test` fails when a statement has no test, when a test
            names one that does not exist, and when this page is not what would be written. The last part, [third parties](#third-parties),
            is written by hand, in `tests/Conformance/third-parties.md`.

            """.ReplaceLineEndings("\n"));
        foreach (var specification in Specification.All)
            Append(page, specification, coverage);
        using var thirdParties = new StreamReader(typeof(Page).Assembly.GetManifestResourceStream("third-parties")!);
        page.Append('\n').Append(thirdParties.ReadToEnd().ReplaceLineEndings("\n"));
        return page.ToString();
    }

    private static void Append(StringBuilder page, Specification specification, Coverage coverage)
    {
        var unbound = specification.Statements.Where(statement => coverage.NotBinding.ContainsKey(statement.Id)).ToArray();
        var shown = specification.Statements.Except(unbound).ToArray();
        page.Append($"\n## {specification.Title}\n\n");
        page.Append($"{specification.Statements.Count} statements: {shown.Length} shown by tests, {unbound.Length} that don't bind a server. ");
        page.Append($"Quoted from {specification.Source}.\n\n");
        page.Append("| Statement | Text | Tests |\n|---|---|---|\n");
        foreach (var statement in shown)
            AppendRow(page, statement, string.Join("<br>", coverage.Tests[statement.Id].Select(Link)));
        page.Append($"\n### Statements of {specification.Title} that don't bind a server\n\n");
        page.Append("| Statement | Text | Why |\n|---|---|---|\n");
        foreach (var statement in unbound)
            AppendRow(page, statement, Escaped(coverage.NotBinding[statement.Id]));
    }

    private static void AppendRow(StringBuilder page, Statement statement, string last) =>
        page.Append($"| {statement.Id[statement.Id.IndexOf('-', StringComparison.Ordinal)..].Insert(0, "MQTT")} | {Escaped(statement.Text)} | {last} |\n");

    private static string Link(ShowingTest test) => $"[{test.ClassName}](../{test.Source}): {Escaped(test.Sentence)}";

    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var character in text)
            escaped.Append(character is '|' or '<' or '*' or '_' or '`' or '\\' or '[' ? "\\" : "").Append(character);
        return escaped.ToString();
    }
}
