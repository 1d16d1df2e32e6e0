using Orleans.Placement;

namespace Starling.Grains.Placement;

/// <summary>A grain has a place among the silos that follows from its key and from theirs (<see cref="RendezvousPlacement"/>).</summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("starling.spread")]
public sealed class RendezvousPlacementStrategy : PlacementStrategy
{
    internal static RendezvousPlacementStrategy Instance { get; } = new();
}

[AttributeUsage(AttributeTargets.Class)]
public sealed class RendezvousPlacementAttribute() : PlacementAttribute(RendezvousPlacementStrategy.Instance);
