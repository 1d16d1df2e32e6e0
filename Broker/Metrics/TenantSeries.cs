using System.Collections.Concurrent;

namespace Starling.Broker.Metrics;

/// <summary>
/// The tenants that are counted, and the label that each of them has. The series of a removed tenant is not reported any more from then on;
/// its label is given to another tenant when every exporter has seen that. Thread-safe.
/// </summary>
/// <param name="maximum">How many tenants have a label of their own at the same time; the numbers of the others are added up.</param>
/// <param name="time">The clock.</param>
internal sealed class TenantSeries(int maximum, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, TenantCounters> _served = new(StringComparer.Ordinal);

    /// <summary>Counters of removed tenants, as long as something that ends with them still counts.</summary>
    private readonly Dictionary<string, WeakReference<TenantCounters>> _removed = new(StringComparer.Ordinal);
    private readonly Queue<(TenantLabel Label, long Since)> _resting = new();
    private Predicate<string> _isServed = static _ => true;
    private int _labels;
    private int _unlabelled;

    /// <summary>Tells which tenants there are; a tenant that is not there has counters, and no series.</summary>
    public void Follow(Predicate<string> isServed)
    {
        lock (_gate)
            _isServed = isServed;
    }

    /// <summary>The same object for a tenant as long as anybody uses it, even if it is removed and added again meanwhile.</summary>
    public TenantCounters For(string tenant)
    {
        if (_served.TryGetValue(tenant, out var known))
            return known;
        lock (_gate)
        {
            if (_served.TryGetValue(tenant, out known))
                return known;
            if (!_removed.TryGetValue(tenant, out var reference) || !reference.TryGetTarget(out var counters))
                _removed[tenant] = new WeakReference<TenantCounters>(counters = new TenantCounters(tenant));
            if (_isServed(tenant))
            {
                _removed.Remove(tenant);
                counters.Label = null;
                _unlabelled++;
                TryLabel(counters);
                _served[tenant] = counters;
            }

            return counters;
        }
    }

    public void Remove(string tenant)
    {
        lock (_gate)
        {
            if (!_served.TryRemove(tenant, out var counters))
                return;
            // It keeps the label, which somebody may be about to report it with.
            if (counters.Label is { } label)
                _resting.Enqueue((label, time.GetTimestamp()));
            else
                _unlabelled--;
            foreach (var (gone, reference) in _removed)
            {
                if (!reference.TryGetTarget(out _))
                    _removed.Remove(gone);
            }

            _removed[tenant] = new WeakReference<TenantCounters>(counters);
        }
    }

    /// <summary>The tenants there are. Those that had to wait for a label get one if there is one now.</summary>
    public IEnumerable<TenantCounters> Report()
    {
        if (Volatile.Read(ref _unlabelled) > 0)
        {
            lock (_gate)
            {
                foreach (var counters in _served.Values.Where(counters => counters.Label is null))
                    TryLabel(counters);
            }
        }

        return _served.Select(static entry => entry.Value);
    }

    private void TryLabel(TenantCounters counters)
    {
        TenantLabel label;
        if (_resting.TryPeek(out var rested) && time.GetElapsedTime(rested.Since) >= BrokerMetrics.LabelRest)
            label = _resting.Dequeue().Label;
        else if (_labels < maximum)
            (label, _labels) = (new TenantLabel(), _labels + 1);
        else
            return;
        label.Name(counters.Tenant);
        counters.Label = label;
        _unlabelled--;
    }
}
