using System.Globalization;

namespace Starling.Edge.Tests.Telemetry;

/// <summary>In a process of its own: it looks at the CPU time of the process.</summary>
[CollectionDefinition(nameof(ScrapeTimeTests), DisableParallelization = true)]
[Collection(nameof(ScrapeTimeTests)), Trait("Lane", "process")]
public sealed class ScrapeTimeTests
{
    private const int MostScrapes = 200;

    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_scrape_with_a_thousand_tenants_takes_less_than_a_tenth_of_a_second()
    {
        await using var telemetry = new Telemetry();
        telemetry.Serve(Enumerable.Range(0, 1000).Select(i => string.Create(CultureInfo.InvariantCulture, $"tenant-{i}")));

        // CPU time, since other processes may have the cores. The first ones run code that is not optimized yet; for how long, the load of the machine says.
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < MostScrapes && best >= Bound; i++)
        {
            var before = Environment.CpuUsage.TotalTime;
            var length = 0;
            await telemetry.Exporter.ScrapeAsync(
                text =>
                {
                    length = text.Length;
                    return Task.CompletedTask;
                },
                TestContext.Current.CancellationToken);
            var taken = Environment.CpuUsage.TotalTime - before;
            length.ShouldBeGreaterThan(1_000_000);
            best = taken < best ? taken : best;
        }

        best.ShouldBeLessThan(Bound);
    }
}
