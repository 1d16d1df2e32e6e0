using Orleans.Concurrency;
using Starling.Cluster.Contracts;

namespace Starling.Grains.Interfaces;

/// <summary>An edge process as silos reach it.</summary>
[Alias("starling.edge")]
public interface IEdgeObserver : IGrainObserver
{
    /// <summary>A call of <see cref="IRemoteEdge"/>. Calls do not wait for each other: one that relieves a slow reader takes its time.</summary>
    [AlwaysInterleave, Alias("call")]
    ValueTask<WireFrame> CallAsync(WireFrame call);
}
