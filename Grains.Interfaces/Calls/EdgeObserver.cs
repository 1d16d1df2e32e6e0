using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization.Calls;

namespace Starling.Grains.Interfaces.Calls;

/// <summary>Receives what silos have for an edge. Orleans holds it weakly: whoever makes it holds it as long as it is to be reached.</summary>
public sealed class EdgeObserver(IRemoteEdge edge) : IEdgeObserver
{
    public async ValueTask<WireFrame> CallAsync(WireFrame call) =>
        new(await CallReceiver.HandleAsync(edge, call.Bytes).ConfigureAwait(false));
}
