using Starling.Cluster.Contracts;

namespace Starling.Grains.Interfaces;

/// <summary>A topic shard; the key is <see cref="GrainKeys.Shard"/>.</summary>
[Alias("starling.shard")]
public interface ITopicShardGrain : IGrainWithStringKey, IRemoteShard;
