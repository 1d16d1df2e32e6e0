using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Starling.Hosting.Management;

/// <summary>The process and the runtime, under the names that Prometheus' own clients use.</summary>
internal sealed class ProcessMetrics : IDisposable
{
    private readonly GcPauses _pauses = new();
    private readonly double _started;

    public ProcessMetrics()
    {
        using var process = Process.GetCurrentProcess();
        _started = new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0;
    }

    public void Write(StringBuilder text)
    {
        Write(text, "process_cpu_seconds_total", "counter", "CPU time used, in seconds.", Environment.CpuUsage.TotalTime.TotalSeconds);
        Write(text, "process_resident_memory_bytes", "gauge", "Memory held, in bytes.", Environment.WorkingSet);
        Write(text, "process_start_time_seconds", "gauge", "When the process started, in seconds since 1970.", _started);
        PrometheusText.Header(text, "dotnet_gc_collections_total", "counter", "Garbage collections, by generation.");
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            var labels = string.Create(CultureInfo.InvariantCulture, $"generation=\"{generation}\"");
            PrometheusText.Sample(text, "dotnet_gc_collections_total", labels, GC.CollectionCount(generation));
        }
        Write(text, "dotnet_gc_pause_seconds_total", "counter", "Time stopped by garbage collections, in seconds.", GC.GetTotalPauseDuration().TotalSeconds);
        _pauses.Write(text);
        Write(text, "dotnet_gc_heap_bytes", "gauge", "Managed memory in use, in bytes.", GC.GetTotalMemory(false));
        Write(text, "dotnet_gc_allocated_bytes_total", "counter", "Managed memory allocated since the start, in bytes.", GC.GetTotalAllocatedBytes());
        Write(text, "dotnet_threadpool_threads", "gauge", "Threads of the thread pool.", ThreadPool.ThreadCount);
        Write(text, "dotnet_threadpool_queue_length", "gauge", "Work that waits for a thread.", ThreadPool.PendingWorkItemCount);
    }

    public void Dispose() => _pauses.Dispose();

    private static void Write(StringBuilder text, string name, string type, string help, double value)
    {
        PrometheusText.Header(text, name, type, help);
        PrometheusText.Sample(text, name, "", value);
    }
}
