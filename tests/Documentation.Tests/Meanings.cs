namespace Starling.Documentation.Tests;

/// <summary>
/// What the page says about each event of the code. An event that was renamed or moved keeps its text when its message or its method tells
/// which one it was.
/// </summary>
internal sealed class Meanings
{
    private readonly IReadOnlyList<LogEventsPage.Row> _rows;
    private readonly IReadOnlyList<LogEventsPage.Row> _orphans;

    /// <param name="rows">What the page has now.</param>
    /// <param name="events">What the code has now.</param>
    public Meanings(IEnumerable<LogEventsPage.Row> rows, IEnumerable<LogEvent> events)
    {
        var names = events.Select(found => (found.Assembly, found.Name)).ToHashSet();
        _rows = [.. rows.Where(row => row.Meaning.Length > 0)];
        _orphans = [.. _rows.Where(row => !names.Contains((row.Assembly, row.Name)))];
    }

    /// <summary>Empty when the page has none.</summary>
    public string Of(LogEvent found) =>
        Only(_rows, row => row.Assembly == found.Assembly && row.Name == found.Name)
        ?? Only(_orphans, row => row.Name == found.Name)
        ?? Only(_orphans, row => row.Message == found.Message)
        ?? Only(_orphans, row => Method(row.Name) == Method(found.Name))
        ?? "";

    private static string? Only(IEnumerable<LogEventsPage.Row> rows, Func<LogEventsPage.Row, bool> wanted) =>
        rows.Where(wanted).Take(2).ToArray() is [var row] ? row.Meaning : null;

    /// <summary>Without the prefix that some classes give to methods that log.</summary>
    private static string Method(string name)
    {
        var method = name[(name.LastIndexOf('.') + 1)..];
        return method.StartsWith("Log", StringComparison.Ordinal) ? method[3..] : method;
    }
}
