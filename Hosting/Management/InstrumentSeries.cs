using System.Diagnostics.Metrics;

namespace Starling.Hosting.Management;

/// <summary>What Prometheus calls the instrument.</summary>
internal enum InstrumentKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>What a measurement does to the value.</summary>
internal enum MeasurementMode
{
    Add,
    Set,

    /// <summary>Set on the first report of a collection; further ones come from other sources with the same labels.</summary>
    Observe,
    Record,
}

/// <summary>
/// All series of one instrument. Finding the series of a measurement takes no lock and makes nothing: the table is replaced
/// as a whole when a new set of tags comes, which is rare.
/// </summary>
internal sealed class InstrumentSeries
{
    /// <summary>Series beyond this many fall into one that says so: tags that clients can choose must not fill the memory.</summary>
    public const int MaximumSeries = 1000;

    private static readonly double[] SecondBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private static readonly double[] OtherBounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000, 1_000_000];

    private readonly Lock _gate = new();
    private readonly Series _untagged;
    private readonly Dictionary<string, Series> _byLabels = [];
    private volatile Dictionary<int, Entry> _table = [];
    private volatile bool _wasUntagged;
    private int _entries;

    public InstrumentSeries(Instrument instrument, IReadOnlyList<double>? advisedBounds)
    {
        Instrument = instrument;
        var type = instrument.GetType().GetGenericTypeDefinition();
        (Kind, Mode) = type == typeof(Counter<>) ? (InstrumentKind.Counter, MeasurementMode.Add)
            : type == typeof(ObservableCounter<>) ? (InstrumentKind.Counter, MeasurementMode.Observe)
            : type == typeof(Histogram<>) ? (InstrumentKind.Histogram, MeasurementMode.Record)
            : type == typeof(Gauge<>) ? (InstrumentKind.Gauge, MeasurementMode.Set)
            : (InstrumentKind.Gauge, instrument.IsObservable ? MeasurementMode.Observe : MeasurementMode.Add);
        if (Kind == InstrumentKind.Histogram)
            Bounds = advisedBounds is null ? instrument.Unit == "s" ? SecondBounds : OtherBounds : [.. advisedBounds];
        _untagged = new Series("", Bounds);
    }

    public Instrument Instrument { get; }

    public InstrumentKind Kind { get; }

    public MeasurementMode Mode { get; }

    public double[]? Bounds { get; }

    public Series Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            if (!_wasUntagged)
                _wasUntagged = true;
            return _untagged;
        }
        var hash = new HashCode();
        foreach (var tag in tags)
        {
            hash.Add(tag.Key);
            hash.Add(tag.Value);
        }
        var code = hash.ToHashCode();
        for (var entry = _table.GetValueOrDefault(code); entry is not null; entry = entry.Next)
        {
            if (entry.Matches(tags))
                return entry.Series;
        }
        return Add(code, tags);
    }

    /// <summary>Every series with a value; of an observable instrument, those of the given collection.</summary>
    public IReadOnlyList<Series> Snapshot(int generation)
    {
        lock (_gate)
        {
            IEnumerable<Series> all = _byLabels.Values.OrderBy(series => series.Labels, StringComparer.Ordinal);
            if (_wasUntagged)
                all = all.Prepend(_untagged);
            return [.. all.Where(series => Mode != MeasurementMode.Observe || series.Generation == generation)];
        }
    }

    private Series Add(int code, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_gate)
        {
            for (var entry = _table.GetValueOrDefault(code); entry is not null; entry = entry.Next)
            {
                if (entry.Matches(tags))
                    return entry.Series;
            }
            var labels = PrometheusText.Labels(tags);
            if (!_byLabels.TryGetValue(labels, out var series))
            {
                if (_byLabels.Count >= MaximumSeries)
                    labels = "overflow=\"true\"";
                if (!_byLabels.TryGetValue(labels, out series))
                    _byLabels[labels] = series = new Series(labels, Bounds);
            }
            // Tags in another order share a series; beyond the limit the lookup is not remembered either.
            if (_entries < 4 * MaximumSeries)
            {
                _entries++;
                _table = new Dictionary<int, Entry>(_table) { [code] = new Entry(tags.ToArray(), series, _table.GetValueOrDefault(code)) };
            }
            return series;
        }
    }

    private sealed record Entry(KeyValuePair<string, object?>[] Tags, Series Series, Entry? Next)
    {
        public bool Matches(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.Length != Tags.Length)
                return false;
            for (var i = 0; i < tags.Length; i++)
            {
                if (!ReferenceEquals(tags[i].Key, Tags[i].Key) && tags[i].Key != Tags[i].Key)
                    return false;
                if (!ReferenceEquals(tags[i].Value, Tags[i].Value) && !Equals(tags[i].Value, Tags[i].Value))
                    return false;
            }
            return true;
        }
    }
}
