using Starling.LoadGenerator.Results;

namespace Starling.LoadGenerator.Page;

/// <summary>What a scenario is to reach, as ratios to Mosquitto in the same run.</summary>
/// <param name="Key">Of the scenario.</param>
/// <param name="Rate">Messages or connections per second, at least.</param>
/// <param name="PerCpuSecond">The same for each CPU second of the broker, at least.</param>
/// <param name="P50">Latency, at most.</param>
/// <param name="P99">Latency, at most.</param>
/// <param name="BytesPerConnection">Memory, at most; not a ratio.</param>
internal sealed record Target(
    string Key, double? Rate = null, double? PerCpuSecond = null, double? P50 = null, double? P99 = null, double? BytesPerConnection = null)
{
    private const double KiB = 1024;

    public static IReadOnlyList<Target> All { get; } =
    [
        new("a", Rate: 25, PerCpuSecond: 20),
        new("b", Rate: 25, PerCpuSecond: 20),
        new("c", Rate: 3, PerCpuSecond: 3),
        new("d", Rate: 3, PerCpuSecond: 3),
        new("e", Rate: 15, PerCpuSecond: 12),
        new("f", Rate: 3, PerCpuSecond: 2),
        new("g", Rate: 0.45, BytesPerConnection: 6 * KiB),
        new("g-tls", BytesPerConnection: 16 * KiB),
        new("h", Rate: 3),
        new("i", Rate: 2),
        new("j", P50: 2.5, P99: 4),
    ];

    /// <summary>Each number of the target, and what was measured.</summary>
    /// <param name="result">Of the broker that is to reach it.</param>
    /// <param name="baseline">Mosquitto's.</param>
    public IEnumerable<(string What, double Wanted, double Measured)> Against(Result result, Result? baseline)
    {
        foreach (var (what, wanted, measured) in new[]
        {
            ("rate", Rate, Ratio(result.PerSecond, baseline?.PerSecond)),
            ("per CPU second", PerCpuSecond, Ratio(result.PerCpuSecond, baseline?.PerCpuSecond)),
            ("p50", P50, Ratio(result.Latency?.P50, baseline?.Latency?.P50)),
            ("p99", P99, Ratio(result.Latency?.P99, baseline?.Latency?.P99)),
            ("bytes per connection", BytesPerConnection, result.BytesPerConnection),
        })
        {
            if (wanted is { } limit && measured is { } value)
                yield return (what, limit, value);
        }
    }

    private static double? Ratio(double? value, double? to) => value / to;
}
