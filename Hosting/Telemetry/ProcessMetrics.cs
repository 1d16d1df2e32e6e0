using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Starling.Hosting.Telemetry;

/// <summary>The process and the runtime, under the names that Prometheus' own clients use; the meter <c>Starling.Process</c>.</summary>
internal sealed class ProcessMetrics : IDisposable
{
    public const string MeterName = "Starling.Process";

    /// <summary>In seconds.</summary>
    private static readonly double[] PauseBounds = [0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.5];

    private readonly GcPauses _pauses;

    public ProcessMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        using var process = Process.GetCurrentProcess();
        var started = new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0;
        meter.CreateObservableCounter("process_cpu_seconds_total", static () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "CPU time used, in seconds.");
        meter.CreateObservableGauge("process_resident_memory_bytes", static () => Environment.WorkingSet, "By", "Memory held, in bytes.");
        meter.CreateObservableGauge("process_start_time_seconds", () => started, "s", "When the process started, in seconds since 1970.");
        meter.CreateObservableCounter("dotnet_gc_collections_total", Collections, "{collection}", "Garbage collections, by generation.");
        meter.CreateObservableCounter(
            "dotnet_gc_pause_seconds_total", static () => GC.GetTotalPauseDuration().TotalSeconds, "s", "Time stopped by garbage collections, in seconds.");
        meter.CreateObservableGauge("dotnet_gc_heap_bytes", static () => GC.GetTotalMemory(false), "By", "Managed memory in use, in bytes.");
        meter.CreateObservableCounter(
            "dotnet_gc_allocated_bytes_total", static () => GC.GetTotalAllocatedBytes(), "By", "Managed memory allocated since the start, in bytes.");
        meter.CreateObservableGauge("dotnet_threadpool_threads", static () => ThreadPool.ThreadCount, "{thread}", "Threads of the thread pool.");
        meter.CreateObservableGauge(
            "dotnet_threadpool_queue_length", static () => ThreadPool.PendingWorkItemCount, "{work_item}", "Work that waits for a thread.");
        var pauses = meter.CreateHistogram(
            "dotnet_gc_pause_seconds",
            "s",
            "Pauses for garbage collections, in seconds.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = PauseBounds });
        _pauses = new GcPauses(pause => pauses.Record(pause.TotalSeconds));
    }

    public void Dispose() => _pauses.Dispose();

    private static IEnumerable<Measurement<long>> Collections() => Enumerable.Range(0, GC.MaxGeneration + 1).Select(generation => new Measurement<long>(
        GC.CollectionCount(generation), new KeyValuePair<string, object?>("generation", generation.ToString(CultureInfo.InvariantCulture))));
}
