using System.Globalization;
using System.Text;

namespace Starling.Hosting.Management;

/// <summary>
/// How long garbage collections stopped the process, each of them: the total says nothing about the longest. An object that nothing refers
/// to is finalized after each collection, looks at what the runtime says of it, and leaves another such object behind. Should two
/// collections follow each other faster than that, the first is not seen.
/// </summary>
internal sealed class GcPauses : IDisposable
{
    /// <summary>Seconds.</summary>
    private static readonly double[] Bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.5];

    private readonly long[] _counts = new long[Bounds.Length + 1];
    private readonly Lock _gate = new();
    private double _sum;
    private long _last;
    private volatile bool _disposed;

    public GcPauses() => _ = new Witness(this);

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

    public void Dispose() => _disposed = true;

    private void Collected()
    {
        var collection = GC.GetGCMemoryInfo(GCKind.Any);
        lock (_gate)
        {
            if (collection.Index == _last)
                return;
            _last = collection.Index;
            foreach (var pause in collection.PauseDurations)
            {
                if (pause > TimeSpan.Zero)
                    Add(pause.TotalSeconds);
            }
        }
    }

    private void Add(double seconds)
    {
        var bucket = Array.FindIndex(Bounds, bound => seconds <= bound);
        _counts[bucket < 0 ? Bounds.Length : bucket]++;
        _sum += seconds;
    }

    private sealed class Witness(GcPauses pauses)
    {
        ~Witness()
        {
            if (pauses._disposed || Environment.HasShutdownStarted)
                return;
            pauses.Collected();
            _ = new Witness(pauses);
        }
    }
}
