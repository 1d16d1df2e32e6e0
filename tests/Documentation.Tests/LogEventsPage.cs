using System.Text;

namespace Starling.Documentation.Tests;

/// <summary>docs/log-events.md: a table of events for each assembly. Everything but the meanings follows from the code.</summary>
internal static class LogEventsPage
{
    public const string File = "docs/log-events.md";

    private const string Head = """
        # Log events

        Every event that Starling's own code logs, with what it means and, for warnings and errors, what to do. The name of an event is
        the class and the method that log it. A line of the text log shows the class, without the method:

        ```
        2026-11-28T12:00:00.000Z info  EdgeHost: Listening on 127.0.0.1:1883 (tcp)
        ```

        Where a class takes its logger from another class, the line shows that one: search this page for the message then. In the JSON
        format (`logging.format`) the values in braces are fields of their own. `debug` events are written when `logging.level` is `debug`.

        Orleans, Kestrel and Npgsql log under their own names; those events are not listed here.

        This page is written by `WRITE_PAGES=true ./test Documentation`, which keeps the meanings. `./test` fails when an event is
        missing here or has changed, and when a warning or an error has no meaning.

        """;

    /// <summary>The whole page.</summary>
    /// <param name="events">In the order of the page.</param>
    /// <param name="meanings">The meaning of each event; empty when nobody has written it yet.</param>
    public static string Write(IEnumerable<LogEvent> events, Func<LogEvent, string> meanings)
    {
        var page = new StringBuilder(Head.ReplaceLineEndings("\n"));
        foreach (var assembly in events.GroupBy(found => found.Assembly))
        {
            page.Append($"\n## {assembly.Key}\n\n| event | level | message | meaning |\n|---|---|---|---|\n");
            foreach (var found in assembly)
                page.Append($"| `{found.Name}` | {found.Level.ToString().ToLowerInvariant()} | `{Escaped(found.Message)}` | {meanings(found)} |\n");
        }
        return page.ToString();
    }

    /// <summary>The rows of a page that was written before.</summary>
    public static IReadOnlyList<Row> Read(string page)
    {
        var rows = new List<Row>();
        var assembly = "";
        foreach (var line in page.Split('\n'))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
                assembly = line[3..];
            else if (line.StartsWith("| `", StringComparison.Ordinal))
                rows.Add(Row.Parse(assembly, line));
        }
        return rows;
    }

    /// <summary>A '|' would end the cell, even within backticks.</summary>
    private static string Escaped(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    internal sealed record Row(string Assembly, string Name, string Message, string Meaning)
    {
        public static Row Parse(string assembly, string line)
        {
            var cells = line.Replace("\\|", "\u0001", StringComparison.Ordinal).Split('|');
            if (cells.Length != 6)
                throw new FormatException($"expected four columns: {line}");
            return new(assembly, Cell(1).Trim('`'), Cell(3).Trim('`'), Cell(4));

            string Cell(int index) => cells[index].Trim().Replace("\u0001", index == 4 ? "\\|" : "|", StringComparison.Ordinal);
        }
    }
}
