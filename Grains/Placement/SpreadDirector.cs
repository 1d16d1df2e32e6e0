using Orleans.Runtime.Placement;

namespace Starling.Grains.Placement;

internal sealed class SpreadDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
        Task.FromResult(Spread.PlaceOf(target.GrainIdentity, context.GetCompatibleSilos(target)));
}
