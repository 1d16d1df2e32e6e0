using System.Globalization;
using System.Text;
using Starling.LoadGenerator.Results;
using Starling.LoadGenerator.Scenarios;

namespace Starling.LoadGenerator.Page;

/// <summary>docs/performance.md out of results: what was aimed at and reached, all figures, and how cost grows.</summary>
/// <param name="results">Of the load generator.</param>
/// <param name="micro">Of bench/MicroBenchmarks.</param>
/// <param name="remarks">Markdown that explains what missed its target.</param>
internal sealed class PerformancePage(IReadOnlyList<Result> results, IReadOnlyList<MicroBenchmark> micro, string? remarks)
{
    private const string Own = "starling";
    private const string Baseline = "mosquitto";

    public IEnumerable<(string File, string Svg)> Plots()
    {
        var receivers = new Plot("Cost of a delivery in a fan-out", "receivers of each message", "CPU µs of the broker per delivery");
        var subscriptions = new Plot("Cost of a message beside subscriptions that do not match", "other subscriptions", "CPU µs of the broker per message");
        var messages = new Plot("Cost at a given rate", "messages per second", "CPU s of the broker per second");
        foreach (var broker in (string[])[Own, Baseline])
        {
            Add(receivers, broker, Of(broker, r => r.Scenario is { Shape: Shape.FanOut, Payload: 64 }), r => r.Scenario.Receivers, r => r.CpuSecondsPerMillion);
            Add(subscriptions, broker, Of(broker, r => r.Scenario.Key.StartsWith("b-", StringComparison.Ordinal) && r.Scenario.Background > 0), r => r.Scenario.Background, r => r.CpuSecondsPerMillion);
            Add(messages, broker, Of(broker, r => r.Scenario is { Rate: > 0, QoS: 0 }), r => r.Scenario.Rate, r => r.BrokerCpuSeconds / r.Run?.Seconds);
        }

        return new[] { ("receivers.svg", receivers), ("subscriptions.svg", subscriptions), ("messages.svg", messages) }
            .Where(plot => plot.Item2.Lines.Any(line => line.Points.Count > 1))
            .Select(plot => (plot.Item1, plot.Item2.ToSvg()));
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        var machine = results[0].Machine;
        text.Append(CultureInfo.InvariantCulture, $"""
            # Performance

            Written by `./bench/run --page` from the results in [performance/](performance/); figures change with the machine, ratios less so. Brokers and generator share
            {machine?.Cores} cores ({machine?.Processor}, {machine?.Kernel}, {machine?.Runtime}), on {results.Min(r => r.Run?.Started):yyyy-MM-dd}; each figure is one run of {results[0].Run?.Seconds} s
            unless its scenario says otherwise. `CPU s/M`: CPU seconds of the broker for a million messages, in and out.

            ## Targets

            Ratios are to Mosquitto, driven by the same generator in the same run.

            | scenario | what | target | measured | |
            |---|---|---|---|---|

            """);
        foreach (var row in new TargetTable(results, micro, Own, Baseline).Rows())
            text.Append(row).Append('\n');
        if (remarks is not null)
            text.Append('\n').Append(remarks.Trim()).Append('\n');
        text.Append("\n## How cost grows\n\n");
        foreach (var (file, _) in Plots())
            text.Append(CultureInfo.InvariantCulture, $"![{file}](performance/{file})\n\n");
        text.Append("## All figures\n\n```\n");
        foreach (var line in new ResultTable(Baseline).Lines(results))
            text.Append(line.TrimEnd()).Append('\n');
        text.Append("```\n\n## Pauses for garbage collections\n\nBounds of the histogram that the broker keeps (`dotnet_gc_pause_seconds`).\n\n| scenario | pauses | p99 | longest | of the time |\n|---|---|---|---|---|\n");
        foreach (var result in results.Where(result => result.GcPauses is not null))
        {
            var pauses = result.GcPauses!;
            text.Append(CultureInfo.InvariantCulture, $"| {result.Scenario.Key}: {result.Scenario.Title} | {pauses.Count} | ≤ {pauses.P99Milliseconds} ms | ≤ {pauses.LongestMilliseconds} ms | {pauses.Share:P1} |\n");
        }

        if (micro.Count > 0)
            text.Append("\n## Micro-benchmarks\n\n`./bench/run --micro`: one thread, no sockets.\n\n| operation | with | mean | allocated |\n|---|---|---|---|\n");
        foreach (var benchmark in micro)
            text.Append(CultureInfo.InvariantCulture, $"| {benchmark.Name} | {benchmark.Parameters.Replace("&", ", ", StringComparison.Ordinal)} | {benchmark.Nanoseconds:#,0.0} ns | {benchmark.Bytes:#,0} B |\n");
        return text.ToString();
    }

    private static void Add(Plot plot, string name, IEnumerable<Result> results, Func<Result, double> x, Func<Result, double?> y)
    {
        var points = results.Where(result => y(result) is not null).Select(result => (x(result), y(result)!.Value)).OrderBy(point => point.Item1).ToList();
        if (points.Count > 0)
            plot.Lines.Add((name, points));
    }

    private IEnumerable<Result> Of(string broker, Func<Result, bool> which) => results.Where(r => r.Broker == broker && r.Failure is null && which(r));
}
