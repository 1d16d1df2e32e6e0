using Starling.Broker.Tenants.Quotas;
using Starling.Cluster.Contracts;

namespace Starling.Cluster.Quotas;

/// <summary>
/// Divides a tenant's limits among edges, as leases: what is out never adds up to more than a limit, whoever dies. An edge that asks gets
/// what it needs by max-min fairness (nobody who needs less than an equal part goes short; the rest share alike), as far as the others do
/// not hold it any more: since each asks every second, shares follow the load within two.
/// </summary>
/// <remarks>
/// Of a rate everything is given out, also to those who do not need it yet, so that a burst need not wait. Of connections an edge gets
/// what it has and a few more, since what lies unused with one edge cannot be used by another; an edge that has used its own up asks at
/// once. An object that begins, maybe after another one was lost with its process, does not know what is out: until every edge has asked
/// it gives each what it uses, or an eighth of the limit if that is more. Thread-safe.
/// </remarks>
public sealed class TenantShares : ITenantShares
{
    /// <summary>How long a share lasts that is not renewed.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    /// <summary>How often edges ask.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Of a limit, for all edges together: what they hold for clients that have not come yet.</summary>
    private const double Spare = 0.02;

    /// <summary>Of a limit, for an edge that asks while others may not have asked yet.</summary>
    private const double Early = 1 / 8d;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Lease> _leases = new(StringComparer.Ordinal);
    private readonly Func<TenantLimits> _limits;
    private readonly TimeProvider _time;
    private readonly long _began;

    /// <param name="limits">The tenant's, as they are now.</param>
    public TenantShares(Func<TenantLimits> limits, TimeProvider time)
    {
        _limits = limits;
        _time = time;
        _began = time.GetTimestamp();
    }

    public ValueTask<TenantShare> RenewAsync(string edgeId, TenantDemand demand)
    {
        var limits = _limits();
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            foreach (var (id, lease) in _leases.ToArray())
            {
                if (id != edgeId && _time.GetElapsedTime(lease.Since, now) >= Duration)
                    _leases.Remove(id);
            }

            if (!_leases.TryGetValue(edgeId, out var mine))
                _leases.Add(edgeId, mine = new Lease());
            (mine.Since, mine.Demand) = (now, demand);
            foreach (var limit in SharedLimits.All)
                mine.Shares[(int)limit] = limits.Of(limit) is { } total ? ShareOf(mine, limit, total) : null;
            return new(new TenantShare(Duration, [.. mine.Shares]));
        }
    }

    private double ShareOf(Lease mine, SharedLimit limit, double total)
    {
        var held = _leases.Values.Where(lease => lease != mine).Sum(lease => lease.Shares[(int)limit] ?? 0);
        var free = Math.Max(0, total - held);
        var share = Math.Min(free, Fair(mine, limit, total));
        if (_time.GetElapsedTime(_began) < Interval)
            share = Math.Min(share, Math.Max(mine.Demand.Of(limit).Used, Math.Max(1, total * Early)));
        // Connections come whole, and those that are open stay.
        return limit == SharedLimit.Connections ? Math.Max(Math.Floor(share), Math.Min(mine.Demand.Of(limit).Used, free)) : share;
    }

    private double Fair(Lease mine, SharedLimit limit, double total)
    {
        var left = total;
        var waiting = _leases.Values.OrderBy(lease => Need(lease, limit, total)).ToList();
        while (waiting.Count > 0)
        {
            var share = Math.Min(Need(waiting[0], limit, total), left / waiting.Count);
            if (waiting[0] == mine)
                return limit == SharedLimit.Connections ? share : share + Rest(limit, total);
            left -= share;
            waiting.RemoveAt(0);
        }

        return 0;
    }

    /// <summary>For each edge, of what nobody needs.</summary>
    private double Rest(SharedLimit limit, double total) =>
        Math.Max(0, total - _leases.Values.Sum(lease => Need(lease, limit, total))) / _leases.Count;

    private double Need(Lease lease, SharedLimit limit, double total)
    {
        var demand = lease.Demand.Of(limit);
        var spare = total * Spare / _leases.Count;
        if (limit == SharedLimit.Connections)
            return demand.Used + Math.Max(1, Math.Ceiling(spare));
        return demand.IsShort ? total : Math.Min(total, (demand.Used * 1.25) + spare);
    }

    private sealed class Lease
    {
        public long Since { get; set; }

        public TenantDemand Demand { get; set; } = new([]);

        public double?[] Shares { get; } = new double?[SharedLimits.All.Count];
    }
}
