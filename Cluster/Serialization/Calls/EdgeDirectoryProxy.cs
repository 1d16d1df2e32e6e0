using Starling.Cluster.Contracts;

namespace Starling.Cluster.Serialization.Calls;

/// <summary>The directory of edges, in another process.</summary>
public sealed class EdgeDirectoryProxy(IWireChannel channel) : IEdgeDirectory
{
    internal enum Method : byte
    {
        Renew = 1,
        Leave = 2,
        Read = 3,
    }

    public ValueTask<EdgeLease> RenewAsync(string edgeId, string address) =>
        WireCall.InvokeAsync<RenewCall, EdgeLease>(channel, (byte)Method.Renew, new RenewCall(edgeId, address));

    public ValueTask LeaveAsync(string edgeId) => WireCall.InvokeAsync(channel, (byte)Method.Leave, edgeId);

    public ValueTask<IReadOnlyList<EdgeEntry>> ReadAsync(string? silo) =>
        WireCall.InvokeAsync<ReadEdgesCall, IReadOnlyList<EdgeEntry>>(channel, (byte)Method.Read, new ReadEdgesCall(silo));
}
