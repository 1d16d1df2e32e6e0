using Starling.Cluster.Contracts;
using Starling.Cluster.Edges;

namespace Starling.Simulation.Store;

/// <summary>The directory's edges in the simulated database.</summary>
internal sealed class SimulatedEdgeTable(StoreConnection connection) : IEdgeTable
{
    private long _version;

    public async ValueTask<IReadOnlyList<StoredEdge>> LoadAsync()
    {
        var (edges, version) = await connection.QueryAsync(tables => (tables.Edges, tables.EdgesVersion), waits: true).ConfigureAwait(false);
        _version = version;
        return edges;
    }

    public async ValueTask SaveAsync(IReadOnlyList<StoredEdge> edges)
    {
        var expected = _version;
        var write = connection.Database.NextWrite();
        var isWritten = await connection.Add(tables => tables.SaveEdges(edges, expected, write)).ConfigureAwait(false);
        if (!isWritten)
            throw new StaleDirectoryException();
        _version = write;
    }
}
