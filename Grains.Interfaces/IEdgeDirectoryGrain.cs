using Starling.Cluster.Contracts;

namespace Starling.Grains.Interfaces;

/// <summary>The edges that live; the key is <see cref="GrainKeys.Directory"/>.</summary>
[Alias("starling.edges")]
public interface IEdgeDirectoryGrain : IGrainWithStringKey, IEdgeDirectory;
