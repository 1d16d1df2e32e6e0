namespace Starling.Testing.Metrics;

/// <summary>A row of docs/metrics.md.</summary>
/// <param name="Name">On <c>/metrics</c>.</param>
/// <param name="Instrument">OpenTelemetry's name.</param>
/// <param name="Type"><c>counter</c>, <c>gauge</c> or <c>histogram</c>.</param>
/// <param name="Unit">In UCUM; empty for none.</param>
/// <param name="Labels">Those that its series may have.</param>
public sealed record DocumentedMetric(string Name, string Instrument, string Type, string Unit, IReadOnlyList<string> Labels)
{
    /// <summary>The rows by the title of their section, which is the name of a meter.</summary>
    public static IReadOnlyDictionary<string, DocumentedMetric[]> Sections { get; } = Read();

    public static IEnumerable<DocumentedMetric> All => Sections.Values.SelectMany(rows => rows);

    private static Dictionary<string, DocumentedMetric[]> Read()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "Cluster.sln")))
            root = root.Parent;
        var (section, rows) = ("", new List<(string Section, DocumentedMetric Metric)>());
        foreach (var line in File.ReadLines(Path.Combine(root.FullName, "docs", "metrics.md")))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
                section = line[3..].Trim('`');
            else if (line.StartsWith("| `", StringComparison.Ordinal) && Cells(line) is [var name, var instrument, var type, var unit, var labels, _])
                rows.Add((section, new(name, instrument, type, unit, labels.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))));
        }

        return rows.GroupBy(row => row.Section).ToDictionary(group => group.Key, group => group.Select(row => row.Metric).ToArray());
    }

    private static string[] Cells(string line) => [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Replace("`", "", StringComparison.Ordinal).Trim())];
}
