using Orleans.Runtime.Placement;

namespace Starling.Grains.Placement;

internal sealed class RendezvousPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
        Task.FromResult(RendezvousPlacement.PlaceOf(target.GrainIdentity, context.GetCompatibleSilos(target)));
}
