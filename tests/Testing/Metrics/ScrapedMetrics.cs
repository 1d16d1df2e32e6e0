using System.Text.RegularExpressions;

namespace Starling.Testing.Metrics;

/// <summary>What a scrape of <c>/metrics</c> tells: families, their types and the labels of their series.</summary>
public static partial class ScrapedMetrics
{
    /// <returns>One for each family; units and the names of instruments are not told.</returns>
    public static IReadOnlyList<DocumentedMetric> Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var families = new Dictionary<string, (string Type, SortedSet<string> Labels)>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                families.Add(line.Split(' ')[2], (line.Split(' ')[3], new SortedSet<string>(StringComparer.Ordinal)));
            }
            else if (Sample().Match(line) is { Success: true } sample)
            {
                var name = sample.Groups["name"].Value;
                var family = families.ContainsKey(name) ? name : HistogramSuffix().Replace(name, "");
                families[family].Labels.UnionWith(Label().Matches(sample.Groups["labels"].Value).Select(label => label.Groups[1].Value).Where(label => label != "le"));
            }
        }

        return [.. families.Select(family => new DocumentedMetric(family.Key, "", family.Value.Type, "", [.. family.Value.Labels]))];
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.*)\})? \S+$""")]
    private static partial Regex Sample();

    [GeneratedRegex("""([a-zA-Z0-9_]+)="(?:[^"\\]|\\.)*",?""")]
    private static partial Regex Label();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex HistogramSuffix();
}
