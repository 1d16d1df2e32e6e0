using System.Diagnostics.Metrics;

namespace Starling.Storage.PostgreSql.Writing;

/// <summary>What the writer counts, as instruments of the meter <c>Starling.Storage</c>.</summary>
public sealed class WriterMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _commits;
    private readonly Counter<long> _writes;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _failures;
    private readonly Histogram<double> _duration;

    public WriterMetrics(IMeterFactory meters)
    {
        _meter = meters.Create("Starling.Storage");
        _commits = _meter.CreateCounter<long>("starling.storage.commits", "{transaction}", "Transactions that were committed.");
        _writes = _meter.CreateCounter<long>("starling.storage.writes", "{write}", "Writes in them; one may carry many messages.");
        _refused = _meter.CreateCounter<long>("starling.storage.refused", "{write}", "Writes that were refused since too much was waiting.");
        _rejected = _meter.CreateCounter<long>("starling.storage.rejected", "{write}", "Writes that PostgreSQL refused for what is in them, and that were dropped.");
        _failures = _meter.CreateCounter<long>("starling.storage.failures", "{attempt}", "Attempts that failed since PostgreSQL was away.");
        _duration = _meter.CreateHistogram<double>("starling.storage.commit.duration", "s", "From sending a transaction to its commit.");
    }

    internal void Observe(Func<long> waitingBytes) =>
        _meter.CreateObservableGauge("starling.storage.queue", waitingBytes, "By", "What waits to be written.");

    internal void Committed(int writes, TimeSpan duration)
    {
        _commits.Add(1);
        _writes.Add(writes);
        _duration.Record(duration.TotalSeconds);
    }

    internal void Refused() => _refused.Add(1);

    internal void Rejected() => _rejected.Add(1);

    internal void Failed() => _failures.Add(1);
}
