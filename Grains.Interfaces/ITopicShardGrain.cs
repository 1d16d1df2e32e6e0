using Starling.Cluster.Contracts;

namespace Starling.Grains.Interfaces;

/// <summary>A topic shard; the key is <see cref="GrainKeys.Shard"/>.</summary>
[Alias("starling.shard")]
public interface ITopicShardGrain : IGrainWithStringKey
{
    /// <summary>A call of <see cref="IRemoteShard"/>.</summary>
    [Alias("call")]
    ValueTask<WireFrame> CallAsync(WireFrame call);
}
