using Starling.LoadGenerator.Statistics;

namespace Starling.LoadGenerator.Tests.Statistics;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Without_values_percentiles_are_zero() => new LatencyHistogram().Percentile(99).ShouldBe(0);

    [Theory]
    [InlineData(50, 50)]
    [InlineData(99, 99)]
    [InlineData(99.9, 100)]
    [InlineData(100, 100)]
    [InlineData(0, 1)]
    public void Small_values_are_exact(double percent, long expected) => Of(Enumerable.Range(1, 100).Select(i => (long)i)).Percentile(percent).ShouldBe(expected);

    [Theory]
    [InlineData(50)]
    [InlineData(90)]
    [InlineData(99)]
    [InlineData(99.9)]
    public void Percentiles_are_within_one_percent_of_sorting_all_values(double percent)
    {
        var random = new Random(1);
        var values = Enumerable.Range(0, 20_000).Select(_ => (long)Math.Exp(random.NextDouble() * 24)).ToArray();
        var exact = values.Order().ElementAt((int)Math.Ceiling(percent / 100 * values.Length) - 1);

        Of(values).Percentile(percent).ShouldBeInRange(exact, (long)(exact * 1.01) + 1);
    }

    [Fact]
    public void The_largest_values_have_a_place()
    {
        var histogram = Of([long.MaxValue, 0, -5]);
        histogram.Percentile(100).ShouldBe(long.MaxValue);
        histogram.Percentile(50).ShouldBe(0);
    }

    [Fact]
    public void Histograms_add_up()
    {
        var histogram = Of([1, 2]);
        histogram.Add(Of([3, 1000]));
        (histogram.Count, histogram.Percentile(75), histogram.Maximum).ShouldBe((4, 3, 1000));
    }

    private static LatencyHistogram Of(IEnumerable<long> values)
    {
        var histogram = new LatencyHistogram();
        foreach (var value in values)
            histogram.Record(value);
        return histogram;
    }
}
