using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Starling.Hosting.Telemetry.Prometheus;

/// <summary>
/// Writes what the OpenTelemetry SDK has collected as text for Prometheus, when somebody asks. (OpenTelemetry's own exporter is a preview, cannot
/// keep the names, writes <c>name{} 1</c> for <c>name 1</c>, and takes several times as long: docs/adr/0010.)
/// </summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ArrayBufferWriter<byte> _text = new(64 * 1024);
    private readonly ArrayBufferWriter<byte> _labels = new(256);
    private readonly ConditionalWeakTable<Metric, Family> _families = [];
    private readonly List<KeyValuePair<string, object?>> _tags = [];

    /// <summary>Set by the reader: collects, and passes it to <see cref="Export"/>.</summary>
    public Func<int, bool>? Collect { get; set; }

    /// <summary>Collects everything now. Scrapes at the same time wait for each other, but not for those who read the text slowly.</summary>
    /// <param name="write">Gets the text, which is valid until it returns.</param>
    /// <param name="cancellation">Gives up waiting for other scrapes.</param>
    public async Task ScrapeAsync(Func<ReadOnlyMemory<byte>, Task> write, CancellationToken cancellation)
    {
        byte[] text;
        int length;
        await _turn.WaitAsync(cancellation);
        try
        {
            _text.ResetWrittenCount();
            Collect?.Invoke(Timeout.Infinite);
            length = _text.WrittenCount;
            text = ArrayPool<byte>.Shared.Rent(length);
            _text.WrittenSpan.CopyTo(text);
        }
        finally
        {
            _turn.Release();
        }

        await write(text.AsMemory(0, length));
        ArrayPool<byte>.Shared.Return(text);
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        var metrics = new List<(Family Family, Metric Metric)>();
        foreach (var metric in batch)
        {
            if (!IsDoubled(metric))
                metrics.Add((FamilyOf(metric), metric));
        }

        metrics.Sort(static (a, b) => string.CompareOrdinal(a.Family.Name, b.Family.Name));
        Family? before = null;
        foreach (var (family, metric) in metrics)
        {
            // Instruments of one name differ by their description only; what has another type would not be understood.
            if (before?.Name != family.Name)
                PrometheusText.Header(_text, family.Name, family.Type, metric.Description);
            else if (before.Type != family.Type)
                continue;
            before = family;
            Write(metric, family);
        }

        return ExportResult.Success;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _turn.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The runtime's counter of collections would have the name of ours, with another label.</summary>
    private static bool IsDoubled(Metric metric) => metric is { MeterName: "System.Runtime", Name: "dotnet.gc.collections" };

    private Family FamilyOf(Metric metric) =>
        _families.GetValue(metric, static metric => new Family(PrometheusNames.Of(metric), metric.MetricType));

    private void Write(Metric metric, Family family)
    {
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            WriteLabels(point.Tags);
            switch (metric.MetricType)
            {
                case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                    PrometheusText.Sample(_text, family.Utf8, _labels.WrittenSpan, point.GetSumLong());
                    break;
                case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                    PrometheusText.Sample(_text, family.Utf8, _labels.WrittenSpan, point.GetSumDouble());
                    break;
                case MetricType.LongGauge:
                    PrometheusText.Sample(_text, family.Utf8, _labels.WrittenSpan, point.GetGaugeLastValueLong());
                    break;
                case MetricType.DoubleGauge:
                    PrometheusText.Sample(_text, family.Utf8, _labels.WrittenSpan, point.GetGaugeLastValueDouble());
                    break;
                case MetricType.Histogram:
                    WriteHistogram(family, in point);
                    break;
            }
        }
    }

    private void WriteHistogram(Family family, in MetricPoint point)
    {
        var (others, count) = (_labels.WrittenSpan.ToArray(), 0L);
        foreach (var bucket in point.GetHistogramBuckets())
        {
            count += bucket.BucketCount;
            _labels.ResetWrittenCount();
            _labels.Write(others);
            PrometheusText.Label(_labels, "le", double.IsPositiveInfinity(bucket.ExplicitBound) ? "+Inf" : bucket.ExplicitBound);
            PrometheusText.Sample(_text, family.Bucket, _labels.WrittenSpan, count);
        }

        PrometheusText.Sample(_text, family.Sum, others, point.GetHistogramSum());
        PrometheusText.Sample(_text, family.Count, others, count);
    }

    /// <summary>Sorted by name.</summary>
    private void WriteLabels(ReadOnlyTagCollection tags)
    {
        _labels.ResetWrittenCount();
        _tags.Clear();
        foreach (var tag in tags)
            _tags.Add(tag);
        if (_tags.Count > 1)
            _tags.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        foreach (var (key, value) in _tags)
            PrometheusText.Label(_labels, key, value);
    }

    private sealed class Family(string name, MetricType type)
    {
        public string Name => name;

        public string Type { get; } = type == MetricType.Histogram ? "histogram" : PrometheusNames.IsCounter(type) ? "counter" : "gauge";

        public byte[] Utf8 { get; } = Encoding.ASCII.GetBytes(name);

        public byte[] Sum { get; } = Encoding.ASCII.GetBytes(name + "_sum");

        public byte[] Count { get; } = Encoding.ASCII.GetBytes(name + "_count");

        public byte[] Bucket { get; } = Encoding.ASCII.GetBytes(name + "_bucket");
    }
}
