using Starling.Cluster.Contracts;

namespace Starling.Grains.Interfaces;

/// <summary>An edge process as silos reach it. Its calls interleave: one that waits for a slow reader does not hold up the others.</summary>
[Alias("starling.edge")]
public interface IEdgeObserver : IGrainObserver, IRemoteEdge;
