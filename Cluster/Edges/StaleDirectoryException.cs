namespace Starling.Cluster.Edges;

/// <summary>Another object has become the directory, and this one is not any more.</summary>
public sealed class StaleDirectoryException(Exception? reason = null) : Exception("Another object owns the directory of edges.", reason);
