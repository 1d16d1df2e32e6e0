using System.Diagnostics.Metrics;
using System.Text;

namespace Starling.Hosting.Management;

/// <summary>
/// Listens to every meter whose name begins with <c>Starling</c>, and to the runtime's count of exceptions, and writes what it heard
/// for Prometheus.
/// </summary>
internal sealed class PrometheusCollector : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<InstrumentSeries> _instruments = [];
    private readonly MeterListener _listener = new();
    private readonly IMeterFactory _meters;
    private readonly ProcessMetrics _process;
    private int _generation;

    /// <param name="meters">Meters of another factory, which belong to another host in this process, are left out.</param>
    /// <param name="process">Written along.</param>
    public PrometheusCollector(IMeterFactory meters, ProcessMetrics process)
    {
        (_meters, _process) = (meters, process);
        _listener.InstrumentPublished = Published;
        _listener.SetMeasurementEventCallback<byte>((_, value, tags, state) => Measured(value, tags, state));
        _listener.SetMeasurementEventCallback<short>((_, value, tags, state) => Measured(value, tags, state));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => Measured(value, tags, state));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => Measured(value, tags, state));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, state) => Measured((double)value, tags, state));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => Measured(value, tags, state));
        _listener.SetMeasurementEventCallback<decimal>((_, value, tags, state) => Measured((double)value, tags, state));
        _listener.Start();
    }

    public string Collect()
    {
        var text = new StringBuilder(16 * 1024);
        lock (_gate)
        {
            _generation++;
            _listener.RecordObservableInstruments();
            foreach (var family in _instruments.GroupBy(FamilyName).OrderBy(family => family.Key, StringComparer.Ordinal))
                WriteFamily(text, family.Key, family);
        }
        _process.Write(text);
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void Published(Instrument instrument, MeterListener listener)
    {
        var isException = instrument is { Meter.Name: "System.Runtime", Name: "dotnet.exceptions" };
        if (!isException && !instrument.Meter.Name.StartsWith("Starling", StringComparison.Ordinal))
            return;
        if (instrument.Meter.Scope is not null && instrument.Meter.Scope != _meters)
            return;
        var series = new InstrumentSeries(instrument, Bounds(instrument));
        lock (_gate)
            _instruments.Add(series);
        listener.EnableMeasurementEvents(instrument, series);
    }

    private static IReadOnlyList<double>? Bounds(Instrument instrument) => instrument switch
    {
        Histogram<double> histogram => histogram.Advice?.HistogramBucketBoundaries,
        Histogram<long> histogram => histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray(),
        Histogram<int> histogram => histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray(),
        _ => null,
    };

    private void Measured(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var instrument = (InstrumentSeries)state!;
        if (instrument.Mode == MeasurementMode.Add)
            instrument.Find(tags).Add(value);
        else
            Measured((double)value, tags, state);
    }

    private void Measured(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var instrument = (InstrumentSeries)state!;
        var series = instrument.Find(tags);
        switch (instrument.Mode)
        {
            case MeasurementMode.Record:
                series.Record(value);
                break;
            case MeasurementMode.Observe when series.Generation != _generation:
                series.Generation = _generation;
                series.Set(value);
                break;
            case MeasurementMode.Set:
                series.Set(value);
                break;
            default:
                series.Add(value);
                break;
        }
    }

    private static string FamilyName(InstrumentSeries series)
    {
        var name = PrometheusText.Name(series.Instrument.Name);
        return series.Kind == InstrumentKind.Counter && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    private void WriteFamily(StringBuilder text, string name, IEnumerable<InstrumentSeries> instruments)
    {
        var first = instruments.First();
        var all = instruments.Where(instrument => instrument.Kind == first.Kind).SelectMany(
            instrument => instrument.Snapshot(_generation).Select(series => (instrument.Bounds, Series: series))).ToList();
        if (all.Count == 0)
            return;
        PrometheusText.Header(text, name, first.Kind.ToString().ToLowerInvariant(), first.Instrument.Description);
        if (first.Kind == InstrumentKind.Histogram)
        {
            foreach (var (bounds, series) in all)
                WriteHistogram(text, name, bounds!, series);
            return;
        }
        // Instruments that share a name, such as one per meter instance, are one series to Prometheus.
        foreach (var series in all.GroupBy(entry => entry.Series.Labels))
            PrometheusText.Sample(text, name, series.Key, series.Sum(entry => entry.Series.Value));
    }

    private static void WriteHistogram(StringBuilder text, string name, double[] bounds, Series series)
    {
        var count = 0L;
        var buckets = series.Buckets();
        for (var i = 0; i < buckets.Length; i++)
        {
            count += buckets[i];
            var bound = i < bounds.Length ? bounds[i] : double.PositiveInfinity;
            PrometheusText.Sample(text, name + "_bucket", series.Labels, count, $"le=\"{PrometheusText.Number(bound)}\"");
        }
        PrometheusText.Sample(text, name + "_sum", series.Labels, series.Value);
        PrometheusText.Sample(text, name + "_count", series.Labels, count);
    }
}
