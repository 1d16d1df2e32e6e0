using System.Globalization;

namespace Starling.LoadGenerator.Results;

/// <summary>Results as a table for people, without columns that nothing is in; the ratios are those to one of the brokers.</summary>
internal sealed class ResultTable(string? baseline, bool markdown = false)
{
    private const string Nothing = "-";

    private static readonly string[] Head =
    [
        "scenario", "broker", "per s", "ratio", "per CPU s", "ratio", "CPU s/M", "p50 us", "p99 us", "p99.9 us", "ratio p50 p99",
        "ack p50 us", "p99 us", "p99.9 us", "DB CPU s/M", "DB CPU s", "commits/msg", "rows/msg", "WAL B/msg",
        "B/conn", "RSS MiB", "gen. cores", "lost/dup/order",
    ];

    public IEnumerable<string> Lines(IReadOnlyList<Result> results)
    {
        List<string[]> rows = [Head];
        foreach (var scenario in results.GroupBy(result => result.Scenario.Key))
        {
            var compared = scenario.FirstOrDefault(result => result.Broker == baseline && result.Failure is null);
            rows.AddRange(scenario.Select(result => Row(result, result.Broker == baseline ? null : compared)));
        }

        var widths = Head.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        int[] filled = [.. Enumerable.Range(0, Head.Length).Where(column => rows.Skip(1).Any(row => row[column] != Nothing))];
        foreach (var row in rows)
        {
            var cells = filled.Select(column => column < 2 ? row[column].PadRight(widths[column]) : row[column].PadLeft(widths[column]));
            yield return markdown ? $"| {string.Join(" | ", cells)} |" : string.Join("  ", cells);
            if (markdown && row == Head)
                yield return $"|{string.Join("|", filled.Select(column => column < 2 ? "---" : "---:"))}|";
        }

        if (markdown)
            yield return "";
        foreach (var result in results)
        {
            foreach (var remark in Remarks(result))
                yield return $"! {result.Scenario.Key} {result.Broker}: {remark}";
        }
    }

    private static string[] Row(Result result, Result? compared) =>
    [
        $"{result.Scenario.Key}: {result.Scenario.Title}",
        result.Broker,
        Count(result.PerSecond),
        Ratio(result.PerSecond, compared?.PerSecond),
        Count(result.PerCpuSecond),
        Ratio(result.PerCpuSecond, compared?.PerCpuSecond),
        Number(result.CpuSecondsPerMillion, "0.000"),
        Number(result.Latency?.P50, "0"),
        Number(result.Latency?.P99, "0"),
        Number(result.Latency?.P999, "0"),
        compared?.Latency is null || result.Latency is null
            ? Nothing
            : $"{Ratio(result.Latency.P50, compared.Latency.P50)} {Ratio(result.Latency.P99, compared.Latency.P99)}",
        Number(result.AcknowledgeLatency?.P50, "0"),
        Number(result.AcknowledgeLatency?.P99, "0"),
        Number(result.AcknowledgeLatency?.P999, "0"),
        Number(result.Database?.CpuSecondsPerMillion, "0.000"),
        Number(result.Database?.CpuSeconds, "0.00"),
        Number(result.Database?.CommitsPerMessage, "0.0000"),
        Number(result.Database?.InboxRowsPerMessage, "0.00"),
        Number(result.Database?.WalBytesPerMessage, "0"),
        Number(result.BytesPerConnection, "0"),
        Number(result.ResidentBytes / 1048576.0, "0"),
        Number(result.GeneratorCores, "0.00"),
        result.Lost is null ? Nothing : $"{result.Lost}/{result.Duplicates ?? 0}/{result.OutOfOrder ?? 0}",
    ];

    private static IEnumerable<string> Remarks(Result result)
    {
        if (result.Failure is { } failure)
            yield return failure;
        if (result.Disconnects is { } disconnects)
            yield return $"connections lost: {disconnects}";
        if (result.Lost + result.Duplicates + result.OutOfOrder > 0)
            yield return $"lost {result.Lost}, twice {result.Duplicates}, out of order {result.OutOfOrder}";
        if (result.Connections < result.Scenario.Count)
            yield return $"only {result.Connections} connections: as many as files may be open (ulimit -n)";
        if (result.IdleCores is { } idle)
            yield return string.Create(CultureInfo.InvariantCulture, $"{idle * 100:0.0} % of a core while idle");
        if (result.Scenario.Rate > 0 && result.PerSecond < result.Scenario.Rate * 0.99)
            yield return $"only {Count(result.PerSecond)} of {Count(result.Scenario.Rate)} messages a second";
    }

    private static string Ratio(double? value, double? compared) =>
        value is { } number && compared > 0 ? (number / compared.Value).ToString("0.00", CultureInfo.InvariantCulture) + "x" : Nothing;

    private static string Count(double? value) => Number(value, "#,0");

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? Nothing;
}
