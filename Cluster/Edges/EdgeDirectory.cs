using Starling.Broker.Threading;
using Starling.Cluster.Contracts;

namespace Starling.Cluster.Edges;

/// <summary>
/// The edges that live, by lease. One object in the cluster is the directory.
/// </summary>
/// <remarks>
/// What is said here is final, so it is written down first: that an edge has joined before it is told so, since it then takes connections
/// which others must know to be alive; that an edge is gone before anybody is told, since its sessions go to others then. An edge that is
/// gone and did not hear of it is told when it wants to renew its lease, for as long as that is remembered: much longer than an edge
/// keeps its connections without a lease.
///
/// A directory that begins writes before it says anything. For a moment there may be two, and what the one before is about to write is either
/// found by this one or never written.
///
/// A directory that begins in another process does not know how old the leases are, so they all begin anew: an edge that is gone is noticed
/// later, none too early.
///
/// Silos are known by their reading, and only to be missed: what one of them was about to push waits in the store, and edges wake their
/// sessions when the number that comes with their lease changes. It changes too often rather than too seldom: for a silo that is slow, for
/// one that ends in good order, and with the directory, which knows nothing of the silos before it.
/// </remarks>
public sealed class EdgeDirectory(IEdgeTable table, TimeProvider time) : IEdgeDirectory
{
    public static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    private readonly AsyncLock _turn = new();
    private readonly Dictionary<string, Lease> _edges = new(StringComparer.Ordinal);
    private readonly PollingSilos _silos = new(time);
    private bool _isLoaded;
    private bool _isChanged;

    public async ValueTask<EdgeLease> RenewAsync(string edgeId, string address) => await InTurnAsync(() =>
    {
        if (_edges.TryGetValue(edgeId, out var lease))
        {
            if (lease.GoneAt is null)
                lease.EndsAt = time.GetTimestamp() + Ticks(LeaseDuration);
            return new EdgeLease(lease.GoneAt is null, LeaseDuration, _silos.Number);
        }

        _edges.Add(edgeId, new Lease(edgeId, address) { EndsAt = time.GetTimestamp() + Ticks(LeaseDuration) });
        _isChanged = true;
        return new EdgeLease(IsHeld: true, LeaseDuration, _silos.Number);
    }).ConfigureAwait(false);

    public async ValueTask LeaveAsync(string edgeId) => await InTurnAsync(() =>
    {
        if (_edges.TryGetValue(edgeId, out var lease) && lease.GoneAt is null)
            MarkGone(lease);
        return true;
    }).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<EdgeEntry>> ReadAsync(string? silo) => await InTurnAsync(() =>
    {
        if (silo is not null)
            _silos.RecordPoll(silo);
        return (IReadOnlyList<EdgeEntry>)[
            .. _edges.Values.Where(lease => lease.GoneAt is null).Select(lease => new EdgeEntry(lease.EdgeId, lease.Address))];
    }).ConfigureAwait(false);

    private async ValueTask<T> InTurnAsync<T>(Func<T> look)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await LoadAsync().ConfigureAwait(false);
            EndLeases();
            _silos.Miss();
            var result = look();
            if (_isChanged)
                await table.SaveAsync([.. _edges.Values.Select(lease => new StoredEdge(lease.EdgeId, lease.Address, lease.GoneAt))]).ConfigureAwait(false);
            _isChanged = false;
            return result;
        }
        catch (StaleDirectoryException)
        {
            _edges.Clear();
            _isLoaded = _isChanged = false;
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask LoadAsync()
    {
        if (_isLoaded)
            return;
        foreach (var edge in await table.LoadAsync().ConfigureAwait(false))
        {
            _edges[edge.EdgeId] = new Lease(edge.EdgeId, edge.Address)
            {
                GoneAt = edge.GoneAt,
                EndsAt = time.GetTimestamp() + Ticks(LeaseDuration),
            };
        }

        _isLoaded = _isChanged = true;
    }

    private void EndLeases()
    {
        var forgotten = Now() - (long)Memory.TotalMilliseconds;
        foreach (var lease in _edges.Values.ToArray())
        {
            if (lease.GoneAt <= forgotten)
                _isChanged |= _edges.Remove(lease.EdgeId);
            else if (lease.GoneAt is null && lease.EndsAt <= time.GetTimestamp())
                MarkGone(lease);
        }
    }

    private void MarkGone(Lease lease)
    {
        lease.GoneAt = Now();
        _isChanged = true;
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    private sealed class Lease(string edgeId, string address)
    {
        public string EdgeId => edgeId;

        public string Address => address;

        /// <summary>A timestamp of the clock.</summary>
        public long EndsAt { get; set; }

        public long? GoneAt { get; set; }
    }
}
