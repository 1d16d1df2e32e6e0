using System.Globalization;
using System.Text.RegularExpressions;
using Starling.LoadGenerator.Results;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>How many garbage collections have paused the broker for how long, as its metrics tell.</summary>
/// <param name="Buckets">Upper bound in seconds, and how many pauses were at most that long.</param>
/// <param name="Sum">Seconds.</param>
internal sealed partial record GcPauseCounts(IReadOnlyList<(double Bound, long Count)> Buckets, double Sum)
{
    /// <returns>Null when nobody tells.</returns>
    public static GcPauseCounts? Read(Uri? metrics)
    {
        if (metrics is null)
            return null;
        try
        {
            using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
            return Parse(client.GetStringAsync(metrics).GetAwaiter().GetResult());
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    public static GcPauseCounts? Parse(string metrics)
    {
        var buckets = Bucket().Matches(metrics).Select(match => (Number(match.Groups["bound"].Value), (long)Number(match.Groups["count"].Value))).ToList();
        return buckets.Count == 0 ? null : new GcPauseCounts(buckets, Number(Total().Match(metrics).Groups["sum"].Value));
    }

    /// <param name="before">What was told at the beginning; null for nothing.</param>
    /// <param name="seconds">Since then.</param>
    public GcPauses Since(GcPauseCounts? before, double seconds)
    {
        var counts = Buckets.Select((bucket, i) => (bucket.Bound, Count: bucket.Count - (before?.Buckets[i].Count ?? 0))).ToList();
        var all = counts[^1].Count;
        return new GcPauses(all, AtMost(0.99), AtMost(1), (Sum - (before?.Sum ?? 0)) / seconds);

        double? AtMost(double share) =>
            counts.First(bucket => bucket.Count >= all * share).Bound is var bound && double.IsFinite(bound) ? bound * 1000 : null;
    }

    private static double Number(string text) =>
        text == "+Inf" ? double.PositiveInfinity : double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex("""^dotnet_gc_pause_seconds_bucket\{le="(?<bound>[^"]+)"\} (?<count>\S+)""", RegexOptions.Multiline)]
    private static partial Regex Bucket();

    [GeneratedRegex("""^dotnet_gc_pause_seconds_sum (?<sum>\S+)""", RegexOptions.Multiline)]
    private static partial Regex Total();
}
