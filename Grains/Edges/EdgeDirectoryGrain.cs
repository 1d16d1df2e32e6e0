using Orleans.Concurrency;
using Orleans.Storage;
using Starling.Cluster.Contracts;
using Starling.Cluster.Edges;
using Starling.Grains.Interfaces;

namespace Starling.Grains.Edges;

/// <summary>The directory of edges, whose table is in grain storage. The directory takes calls in turn by itself.</summary>
[Reentrant, KeepAlive, GrainType(GrainTypes.EdgeDirectory)]
internal sealed class EdgeDirectoryGrain : Grain, IEdgeDirectoryGrain, IEdgeTable
{
    private readonly IPersistentState<EdgeTable> _table;
    private readonly EdgeDirectory _directory;

    public EdgeDirectoryGrain([PersistentState("edges")] IPersistentState<EdgeTable> table, TimeProvider time)
    {
        _table = table;
        _directory = new EdgeDirectory(this, time);
    }

    public ValueTask<EdgeLease> RenewAsync(string edgeId, string address) => _directory.RenewAsync(edgeId, address);

    public ValueTask LeaveAsync(string edgeId) => _directory.LeaveAsync(edgeId);

    public ValueTask<IReadOnlyList<EdgeEntry>> ReadAsync(string? silo) => _directory.ReadAsync(silo);

    /// <summary>Orleans has read it before the first call.</summary>
    ValueTask<IReadOnlyList<StoredEdge>> IEdgeTable.LoadAsync() => new(_table.State.Edges);

    async ValueTask IEdgeTable.SaveAsync(IReadOnlyList<StoredEdge> edges)
    {
        _table.State.Edges = [.. edges];
        try
        {
            await _table.WriteStateAsync();
        }
        catch (InconsistentStateException error)
        {
            // For a moment there are two of this grain, and the other one has written: this one knows nothing of that.
            GrainContext.Deactivate(new(DeactivationReasonCode.ApplicationError, error, "Another one is the directory."));
            throw new StaleDirectoryException(error);
        }
    }
}

/// <summary>The state of the grain.</summary>
internal sealed class EdgeTable
{
    public IReadOnlyList<StoredEdge> Edges { get; set; } = [];
}
