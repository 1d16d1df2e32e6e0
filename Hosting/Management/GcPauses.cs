using System.Diagnostics.Tracing;
using System.Globalization;
using System.Text;

namespace Starling.Hosting.Management;

/// <summary>How long garbage collections stopped the process, each of them: the total says nothing about the longest.</summary>
internal sealed class GcPauses : EventListener
{
    private const EventKeywords GC = (EventKeywords)0x1;

    /// <summary>Seconds.</summary>
    private static readonly double[] Bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.5];

    private readonly long[] _counts = new long[Bounds.Length + 1];
    private readonly Lock _gate = new();
    private DateTime _since;
    private double _sum;

    public void Write(StringBuilder text)
    {
        PrometheusText.Header(text, "dotnet_gc_pause_seconds", "histogram", "Pauses for garbage collections, in seconds.");
        lock (_gate)
        {
            var count = 0L;
            for (var i = 0; i <= Bounds.Length; i++)
            {
                count += _counts[i];
                var bound = i < Bounds.Length ? Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                PrometheusText.Sample(text, "dotnet_gc_pause_seconds_bucket", $"le=\"{bound}\"", count);
            }

            PrometheusText.Sample(text, "dotnet_gc_pause_seconds_sum", "", _sum);
            PrometheusText.Sample(text, "dotnet_gc_pause_seconds_count", "", count);
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
            EnableEvents(eventSource, EventLevel.Informational, GC);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        var name = eventData.EventName;
        if (name is null)
            return;
        if (name.StartsWith("GCSuspendEEBegin", StringComparison.Ordinal))
            _since = eventData.TimeStamp;
        else if (name.StartsWith("GCRestartEEEnd", StringComparison.Ordinal) && _since != default)
            Add((eventData.TimeStamp - _since).TotalSeconds);
    }

    private void Add(double seconds)
    {
        _since = default;
        var bucket = Array.FindIndex(Bounds, bound => seconds <= bound);
        lock (_gate)
        {
            _counts[bucket < 0 ? Bounds.Length : bucket]++;
            _sum += seconds;
        }
    }
}
