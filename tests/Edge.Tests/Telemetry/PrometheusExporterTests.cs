using System.Diagnostics.Metrics;
using System.Globalization;

namespace Starling.Edge.Tests.Telemetry;

public sealed class PrometheusExporterTests : IAsyncDisposable
{
    private readonly Telemetry _telemetry = new();

    private Meter Meter => _telemetry.Meter;

    public ValueTask DisposeAsync() => _telemetry.DisposeAsync();

    [Fact]
    public async Task A_counter_sums_by_tags_whatever_their_order()
    {
        var counter = Meter.CreateCounter<long>("starling.test.messages", "By", "Messages.\nAll of them, \\ too.");
        counter.Add(1, new("tenant", "acme"), new("qos", 1));
        counter.Add(2, new("qos", 1), new("tenant", "acme"));
        counter.Add(4, new("tenant", "other"), new("qos", 1));

        (await _telemetry.LinesAsync("starling_test_messages")).ShouldBe(
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
        // The finalizer's thread comes a little later.
        while ((await _telemetry.LinesAsync("dotnet_gc_pause_seconds_count ")).Count == 0)
        {
            GC.Collect();
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        (await _telemetry.LinesAsync("dotnet_gc_pause_seconds_bucket{le=\"0.0001\"} ")).ShouldHaveSingleItem();
        (await _telemetry.LinesAsync("dotnet_gc_pause_seconds_bucket{le=\"+Inf\"} ")).ShouldHaveSingleItem();
        (await _telemetry.LinesAsync("dotnet_gc_pause_seconds_sum ")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_process_and_the_runtime_have_the_names_that_dashboards_know()
    {
        foreach (var sample in (string[])
        [
            "process_cpu_seconds_total ", "process_resident_memory_bytes ", "process_start_time_seconds ", "dotnet_gc_collections_total{generation=\"0\"} ",
            "dotnet_gc_collections_total{generation=\"2\"} ", "dotnet_gc_pause_seconds_total ", "dotnet_gc_heap_bytes ",
            "dotnet_gc_allocated_bytes_total ", "dotnet_threadpool_threads ", "dotnet_threadpool_queue_length ",
        ])
        {
            (await _telemetry.LinesAsync(sample)).Count.ShouldBe(1, sample);
        }

        (await _telemetry.LinesAsync("dotnet_gc_collections_total{")).Count.ShouldBe(3);
    }

    [Fact]
    public async Task What_others_count_has_its_unit_in_its_name()
    {
        (await _telemetry.LinesAsync("dotnet_process_cpu_time_seconds_total{cpu_mode=\"user\"} ")).ShouldHaveSingleItem();
        (await _telemetry.LinesAsync("dotnet_process_memory_working_set_bytes ")).ShouldHaveSingleItem();
        (await _telemetry.LinesAsync("dotnet_timer_count ")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Label_values_are_escaped_and_cut()
    {
        Meter.CreateCounter<int>("starling.test.escaped").Add(1, new KeyValuePair<string, object?>("a-b", "ä\"y\\z\n"));
        Meter.CreateCounter<int>("starling.test.long").Add(1, new KeyValuePair<string, object?>("a", new string('x', 300)));

        (await _telemetry.LinesAsync("starling_test_escaped_total{")).ShouldBe(["starling_test_escaped_total{a_b=\"ä\\\"y\\\\z\\n\"} 1"]);
        (await _telemetry.LinesAsync("starling_test_long_total{")).ShouldBe([$"starling_test_long_total{{a=\"{new string('x', 256)}\"}} 1"]);
    }

    [Fact]
    public async Task An_up_down_counter_is_a_gauge()
    {
        var counter = Meter.CreateUpDownCounter<long>("starling.test.open");
        counter.Add(5);
        counter.Add(-2);

        (await _telemetry.LinesAsync("starling_test_open")).ShouldBe(["# TYPE starling_test_open gauge", "starling_test_open 3"]);
    }

    [Fact]
    public async Task A_gauge_keeps_its_last_value()
    {
        var gauge = Meter.CreateGauge<double>("starling.test.level");
        gauge.Record(5);
        gauge.Record(0.25);

        (await _telemetry.LinesAsync("starling_test_level")).ShouldBe(["# TYPE starling_test_level gauge", "starling_test_level 0.25"]);
    }

    [Fact]
    public async Task What_is_not_observed_any_more_is_not_written_again()
    {
        var observed = new List<Measurement<long>> { new(1, new KeyValuePair<string, object?>("shard", "a")), new(2, new KeyValuePair<string, object?>("shard", "b")) };
        Meter.CreateObservableCounter("starling.test.seen", () => observed);

        (await _telemetry.LinesAsync("starling_test_seen_total{")).ShouldBe(["starling_test_seen_total{shard=\"a\"} 1", "starling_test_seen_total{shard=\"b\"} 2"]);
        observed.RemoveAt(0);
        (await _telemetry.LinesAsync("starling_test_seen_total{")).ShouldBe(["starling_test_seen_total{shard=\"b\"} 2"]);
    }

    [Fact]
    public async Task A_histogram_has_cumulative_buckets_sum_and_count()
    {
        var histogram = Meter.CreateHistogram("starling.test.time", "s", null, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        histogram.Record(0.1, new KeyValuePair<string, object?>("a", "b"));
        histogram.Record(0.5, new KeyValuePair<string, object?>("a", "b"));
        histogram.Record(7, new KeyValuePair<string, object?>("a", "b"));

        (await _telemetry.LinesAsync("starling_test_time")).ShouldBe(
        [
            "# TYPE starling_test_time histogram",
            "starling_test_time_bucket{a=\"b\",le=\"0.1\"} 1",
            "starling_test_time_bucket{a=\"b\",le=\"1\"} 2",
            "starling_test_time_bucket{a=\"b\",le=\"+Inf\"} 3",
            "starling_test_time_sum{a=\"b\"} 7.6",
            "starling_test_time_count{a=\"b\"} 3",
        ]);
    }

    [Fact]
    public async Task Series_beyond_the_limit_fall_into_one()
    {
        var counter = Meter.CreateCounter<long>("starling.test.many");
        for (var i = 0; i < 210; i++)
            counter.Add(1, new KeyValuePair<string, object?>("client", i));

        var lines = await _telemetry.LinesAsync("starling_test_many_total{");
        lines.Count.ShouldBe(201);
        lines.ShouldContain("starling_test_many_total{otel_metric_overflow=\"true\"} 10");
    }

    [Fact]
    public void A_measurement_with_known_tags_allocates_nothing()
    {
        var counter = Meter.CreateCounter<long>("starling.test.hot");
        object qos = 1;
        void Add() => counter.Add(1, new("tenant", "acme"), new("qos", qos), new("direction", "in"));
        Add();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Add();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public async Task Additions_from_several_threads_all_count()
    {
        var counter = Meter.CreateCounter<double>("starling.test.parallel");
        Parallel.For(0, 10_000, i => counter.Add(0.5, new KeyValuePair<string, object?>("shard", i % 7)));

        (await _telemetry.LinesAsync("starling_test_parallel_total{")).Sum(line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture)).ShouldBe(5000);
    }

    [Fact]
    public async Task Meters_of_others_are_left_out()
    {
        await using var other = new Telemetry();
        other.Meter.CreateCounter<long>("starling.test.foreign").Add(1);
        _telemetry.Meters.Create("Other").CreateCounter<long>("starling.test.foreign").Add(1);

        (await _telemetry.LinesAsync("starling_test_foreign")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Scrapes_at_the_same_time_are_all_answered_whole()
    {
        Meter.CreateCounter<long>("starling.test.scraped").Add(1);

        var scrapes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => _telemetry.LinesAsync("starling_test_scraped"))));

        scrapes.ShouldAllBe(lines => lines.Count == 2);
    }
}
