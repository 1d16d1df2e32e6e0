using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Starling.Hosting.Management;

namespace Starling.Edge.Tests.Management;

public sealed class PrometheusCollectorTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ProcessMetrics _process = new();
    private readonly PrometheusCollector _collector;
    private readonly Meter _meter;

    public PrometheusCollectorTests()
    {
        var meters = _services.GetRequiredService<IMeterFactory>();
        _collector = new PrometheusCollector(meters, _process);
        _meter = meters.Create("Starling.Test");
    }

    public void Dispose()
    {
        _collector.Dispose();
        _process.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void A_counter_sums_by_tags_whatever_their_order()
    {
        var counter = _meter.CreateCounter<long>("starling.test.messages", description: "Messages.\nAll of them, \\ too.");
        counter.Add(1, new("tenant", "acme"), new("qos", 1));
        counter.Add(2, new("qos", 1), new("tenant", "acme"));
        counter.Add(4, new("tenant", "other"), new("qos", 1));
        Lines("starling_test_messages").ShouldBe(
        [
            "# HELP starling_test_messages_total Messages.\\nAll of them, \\\\ too.",
            "# TYPE starling_test_messages_total counter",
            "starling_test_messages_total{qos=\"1\",tenant=\"acme\"} 3",
            "starling_test_messages_total{qos=\"1\",tenant=\"other\"} 4",
        ]);
    }

    [Fact]
    public async Task Pauses_for_garbage_collections_are_counted_by_their_length()
    {
        // Events of the runtime come a little later.
        while (Count("dotnet_gc_pause_seconds_count") == 0)
        {
            GC.Collect();
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Lines("dotnet_gc_pause_seconds_bucket{le=\"+Inf\"}").ShouldHaveSingleItem();

        double Count(string name) => double.Parse(Lines(name).Single().Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Label_values_are_escaped()
    {
        _meter.CreateCounter<int>("starling.test.escaped").Add(1, new KeyValuePair<string, object?>("a-b", "x\"y\\z\n"));
        Lines("starling_test_escaped_total{").ShouldBe(["starling_test_escaped_total{a_b=\"x\\\"y\\\\z\\n\"} 1"]);
    }

    [Fact]
    public void An_up_down_counter_is_a_gauge()
    {
        var counter = _meter.CreateUpDownCounter<long>("starling.test.open");
        counter.Add(5);
        counter.Add(-2);
        Lines("starling_test_open").ShouldBe(["# TYPE starling_test_open gauge", "starling_test_open 3"]);
    }

    [Fact]
    public void A_gauge_keeps_its_last_value()
    {
        var gauge = _meter.CreateGauge<double>("starling.test.level");
        gauge.Record(5);
        gauge.Record(0.25);
        Lines("starling_test_level").ShouldBe(["# TYPE starling_test_level gauge", "starling_test_level 0.25"]);
    }

    [Fact]
    public void An_observable_series_that_is_gone_is_not_written_again()
    {
        var observed = new List<Measurement<long>> { new(1, new KeyValuePair<string, object?>("tenant", "a")), new(2, new KeyValuePair<string, object?>("tenant", "b")) };
        _meter.CreateObservableCounter("starling.test.seen", () => observed);
        Lines("starling_test_seen_total{").ShouldBe(["starling_test_seen_total{tenant=\"a\"} 1", "starling_test_seen_total{tenant=\"b\"} 2"]);
        observed.RemoveAt(0);
        Lines("starling_test_seen_total{").ShouldBe(["starling_test_seen_total{tenant=\"b\"} 2"]);
    }

    [Fact]
    public void A_histogram_has_cumulative_buckets_sum_and_count()
    {
        var histogram = _meter.CreateHistogram("starling.test.time", "s", null, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        histogram.Record(0.1);
        histogram.Record(0.5);
        histogram.Record(7);
        Lines("starling_test_time").ShouldBe(
        [
            "# TYPE starling_test_time histogram",
            "starling_test_time_bucket{le=\"0.1\"} 1",
            "starling_test_time_bucket{le=\"1\"} 2",
            "starling_test_time_bucket{le=\"+Inf\"} 3",
            "starling_test_time_sum 7.6",
            "starling_test_time_count 3",
        ]);
    }

    [Fact]
    public void Series_beyond_the_limit_fall_into_one()
    {
        var counter = _meter.CreateCounter<long>("starling.test.many");
        for (var i = 0; i < InstrumentSeries.MaximumSeries + 10; i++)
            counter.Add(1, new KeyValuePair<string, object?>("client", i));
        var lines = Lines("starling_test_many_total{");
        lines.Count.ShouldBe(InstrumentSeries.MaximumSeries + 1);
        lines.ShouldContain("starling_test_many_total{overflow=\"true\"} 10");
    }

    [Fact]
    public void A_measurement_with_known_tags_allocates_nothing()
    {
        var counter = _meter.CreateCounter<long>("starling.test.hot");
        object qos = 1;
        void Add() => counter.Add(1, new("tenant", "acme"), new("qos", qos), new("direction", "in"));
        Add();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Add();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Additions_from_several_threads_all_count()
    {
        var counter = _meter.CreateCounter<double>("starling.test.parallel");
        Parallel.For(0, 10_000, i => counter.Add(0.5, new KeyValuePair<string, object?>("shard", i % 7)));
        Lines("starling_test_parallel_total{").Sum(line => double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)).ShouldBe(5000);
    }

    [Fact]
    public void Meters_of_others_are_left_out()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        services.GetRequiredService<IMeterFactory>().Create("Starling.Elsewhere").CreateCounter<long>("starling.test.foreign").Add(1);
        _services.GetRequiredService<IMeterFactory>().Create("Other").CreateCounter<long>("starling.test.foreign").Add(1);
        Lines("starling_test_foreign").ShouldBeEmpty();
    }

    private List<string> Lines(string prefix) =>
        [.. _collector.Collect().Split('\n').Where(line => line.Replace("# HELP ", "", StringComparison.Ordinal).Replace("# TYPE ", "", StringComparison.Ordinal).StartsWith(prefix, StringComparison.Ordinal))];
}
