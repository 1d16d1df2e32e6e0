using System.Globalization;
using Starling.LoadGenerator.Results;

namespace Starling.LoadGenerator.Page;

/// <summary>What was aimed at, and what was reached.</summary>
internal sealed class TargetTable(IReadOnlyList<Result> results, IReadOnlyList<MicroBenchmark> micro, string own, string baseline)
{
    private const double Microsecond = 1000;

    private static readonly string[] FullLoad = ["a", "b", "e"];

    public IEnumerable<string> Rows() => [.. Ratios(), .. Growth(), .. Pauses(), .. Match("devices/{0}/state", 1), .. Match("devices/{0}/+", 5), .. Match("devices/+/{0}/state", 5)];

    private IEnumerable<string> Ratios() =>
        from target in Target.All
        let result = Find(target.Key, own)
        where result is not null
        from row in target.Against(result, Find(target.Key, baseline))
        let unit = row.What == "bytes per connection" ? "" : "×"
        select Row($"{target.Key}: {result.Scenario.Title}", row.What, row.Wanted, row.Measured, unit, atLeast: row.What is "rate" or "per CPU second");

    /// <summary>Subscriptions that don't match cost next to nothing.</summary>
    private IEnumerable<string> Growth()
    {
        if (Find("b-100", own) is { PerSecond: > 0 } few && Find("b-100k", own) is { } many)
            yield return Row($"b-100k: {many.Scenario.Title}", "rate, to that with 100", 0.8, many.PerSecond!.Value / few.PerSecond.Value, "×", atLeast: true);
    }

    private IEnumerable<string> Pauses()
    {
        foreach (var key in FullLoad)
        {
            if (Find(key, own) is { GcPauses.P99Milliseconds: { } pause } result)
                yield return Row($"{key}: {result.Scenario.Title}", "GC pauses, p99 (bound of the histogram)", 5, pause, " ms", atLeast: false);
        }
    }

    private IEnumerable<string> Match(string form, double microseconds) =>
        from benchmark in micro
        where benchmark.Name == "TopicMatch.Match" && benchmark.Parameters == $"Filters=1000000&Form={form}"
        select Row($"match among 1,000,000 filters `{form.Replace("{0}", "N", StringComparison.Ordinal)}`", "time", microseconds, benchmark.Nanoseconds / Microsecond, " µs", atLeast: false);

    private static string Row(string scenario, string what, double wanted, double measured, string unit, bool atLeast)
    {
        var isMet = atLeast ? measured >= wanted : measured <= wanted;
        var by = atLeast ? 1 - (measured / wanted) : (measured / wanted) - 1;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {scenario} | {what} | {(atLeast ? "≥" : "≤")} {wanted:0.##}{unit} | {measured:0.##}{unit} | {(isMet ? "met" : $"**missed by {by:P0}**")} |");
    }

    private Result? Find(string key, string broker) => results.FirstOrDefault(r => r.Scenario.Key == key && r.Broker == broker && r.Failure is null);
}
