using Starling.Cluster.Contracts;

namespace Starling.Grains.Interfaces;

/// <summary>The edges that live; the key is <see cref="GrainKeys.Directory"/>.</summary>
[Alias("starling.edges")]
public interface IEdgeDirectoryGrain : IGrainWithStringKey
{
    /// <summary>A call of <see cref="IEdgeDirectory"/>.</summary>
    [Alias("call")]
    ValueTask<WireFrame> CallAsync(WireFrame call);
}
