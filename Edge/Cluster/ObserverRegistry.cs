using Starling.Cluster.Contracts;
using Starling.Grains.Interfaces;
using Starling.Grains.Interfaces.Calls;

namespace Starling.Edge.Cluster;

/// <summary>Makes this process's edge reachable for silos. Orleans holds observers weakly; here the one of the present id is held.</summary>
internal sealed class ObserverRegistry(IGrainFactory grains)
{
    private readonly Lock _gate = new();
    private (EdgeObserver Observer, IEdgeObserver Reference)? _present;

    /// <returns>Where it is reached.</returns>
    public ValueTask<string> PublishAsync(string edgeId, IRemoteEdge edge)
    {
        lock (_gate)
        {
            if (_present is { } before)
                grains.DeleteObjectReference<IEdgeObserver>(before.Reference);
            var observer = new EdgeObserver(edge);
            var reference = grains.CreateObjectReference<IEdgeObserver>(observer);
            _present = (observer, reference);
            return new(ObserverAddress.Of(reference));
        }
    }
}
