using Starling.Broker.Contracts;

namespace Starling.Cluster.Contracts;

/// <summary>
/// What carries calls between the processes of a cluster and finds, or makes, the one object that answers to a key: Orleans, or the
/// simulation of the tests. Handing out a reference costs nothing and does not fail; calls do.
/// </summary>
/// <remarks>
/// Everything that a call takes and returns is written to bytes on the way. A call may be lost, come late, or be carried out although its
/// answer is lost: then, and when its receiver is gone, it ends with a <see cref="RemoteCallException"/>. Two calls may overtake each
/// other. For a short while there may be two objects for one key, in two processes.
/// </remarks>
public interface IClusterEngine
{
    IRemoteShard Shard(string tenant, int shard);

    ISession Session(string tenant, string clientId);

    IEdgeDirectory Directory { get; }

    ITenantShares Shares(string tenant);

    /// <param name="address">As the edge has told the directory.</param>
    IRemoteEdge Edge(string address);
}
