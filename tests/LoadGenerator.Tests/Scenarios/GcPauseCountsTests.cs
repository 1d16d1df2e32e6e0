using Starling.LoadGenerator.Results;
using Starling.LoadGenerator.Scenarios;

namespace Starling.LoadGenerator.Tests.Scenarios;

public sealed class GcPauseCountsTests
{
    private const string Before = """
        # TYPE dotnet_gc_pause_seconds histogram
        dotnet_gc_pause_seconds_bucket{le="0.001"} 10
        dotnet_gc_pause_seconds_bucket{le="0.005"} 10
        dotnet_gc_pause_seconds_bucket{le="+Inf"} 10
        dotnet_gc_pause_seconds_sum 0.005
        dotnet_gc_pause_seconds_count 10
        """;

    [Fact]
    public void Only_what_has_come_since_counts()
    {
        var after = GcPauseCounts.Parse(Before
            .Replace("0.001\"} 10", "0.001\"} 108", StringComparison.Ordinal).Replace("0.005\"} 10", "0.005\"} 110", StringComparison.Ordinal)
            .Replace("Inf\"} 10", "Inf\"} 110", StringComparison.Ordinal).Replace("sum 0.005", "sum 0.105", StringComparison.Ordinal))!;

        var pauses = after.Since(GcPauseCounts.Parse(Before), seconds: 2);

        pauses.Share.ShouldBe(0.05, tolerance: 1e-9);
        (pauses with { Share = 0 }).ShouldBe(new GcPauses(100, P99Milliseconds: 5, LongestMilliseconds: 5, Share: 0));
    }

    [Fact]
    public void A_pause_beyond_all_bounds_has_no_length() =>
        GcPauseCounts.Parse(Before.Replace("Inf\"} 10", "Inf\"} 11", StringComparison.Ordinal))!.Since(null, 1).LongestMilliseconds.ShouldBeNull();

    [Fact]
    public void A_broker_that_tells_nothing_has_none() => GcPauseCounts.Parse("# nothing").ShouldBeNull();
}
