namespace Starling.Broker.Contracts;

/// <summary>
/// The cluster as an edge uses it (see ARCHITECTURE.md, "Who owns what"). Standalone it answers with objects of this process, in a cluster
/// with proxies of objects elsewhere: every call may then fail, take long, or be carried out although its answer is lost.
/// </summary>
public interface ICluster : IShards, ISessions
{
    /// <summary>Whether edges other than the caller's exist; if not, an edge need not announce its filters to the shards.</summary>
    bool HasOtherEdges { get; }
}
