using Starling.Cluster.Contracts;

namespace Starling.Cluster.Edges;

/// <summary>Where the directory keeps its edges, so that it can be brought up in another process.</summary>
public interface IEdgeTable
{
    ValueTask<IReadOnlyList<StoredEdge>> LoadAsync();

    /// <exception cref="StaleDirectoryException">Another object has written it since this one has loaded or written it.</exception>
    ValueTask SaveAsync(IReadOnlyList<StoredEdge> edges);
}

/// <param name="Address">Where it is reached.</param>
/// <param name="GoneAt">Unix time in milliseconds at which it was taken for gone, which is remembered for a while; null while it lives.</param>
public sealed record StoredEdge(string EdgeId, string Address, long? GoneAt);
