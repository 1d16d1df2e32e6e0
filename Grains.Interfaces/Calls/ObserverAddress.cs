namespace Starling.Grains.Interfaces.Calls;

/// <summary>The reference of an edge's observer as a text, for the directory of edges: it names the process and the observer in it, for as long as both live.</summary>
public static class ObserverAddress
{
    public static string Of(IEdgeObserver reference) => reference.GetGrainId().ToString();

    public static IEdgeObserver Observer(IGrainFactory grains, string address) => grains.GetGrain<IEdgeObserver>(GrainId.Parse(address));
}
