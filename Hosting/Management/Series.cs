namespace Starling.Hosting.Management;

/// <summary>The value of one instrument for one set of labels. Safe to add to from anywhere; no locks.</summary>
internal sealed class Series(string labels, double[]? bounds)
{
    private readonly long[]? _buckets = bounds is null ? null : new long[bounds.Length + 1];
    private long _integer;
    private double _fraction;

    /// <summary>As Prometheus writes them, without braces: <c>listener="tcp",reason="connections"</c>.</summary>
    public string Labels => labels;

    /// <summary>The last collection that an observable instrument reported this series in.</summary>
    public int Generation { get; set; }

    public double Value => Volatile.Read(ref _integer) + Volatile.Read(ref _fraction);

    /// <summary>For histograms: how many measurements were in each bucket, the last one without upper bound.</summary>
    public long[] Buckets() => [.. _buckets!.Select((_, i) => Volatile.Read(ref _buckets![i]))];

    public void Add(long value) => Interlocked.Add(ref _integer, value);

    public void Add(double value)
    {
        var seen = Volatile.Read(ref _fraction);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref _fraction, seen + value, seen);
            if (before.Equals(seen))
                return;
            seen = before;
        }
    }

    public void Set(double value) => Volatile.Write(ref _fraction, value);

    /// <summary>Adds to the sum and to the bucket that the value falls into.</summary>
    public void Record(double value)
    {
        var bucket = 0;
        while (bucket < bounds!.Length && value > bounds[bucket])
            bucket++;
        Interlocked.Increment(ref _buckets![bucket]);
        Add(value);
    }
}
