using Orleans.Placement;

namespace Starling.Grains.Placement;

/// <summary>A grain has a place among the silos that follows from its key and from theirs (<see cref="Spread"/>).</summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("starling.spread")]
public sealed class SpreadPlacement : PlacementStrategy
{
    internal static SpreadPlacement Instance { get; } = new();
}

[AttributeUsage(AttributeTargets.Class)]
public sealed class SpreadPlacementAttribute() : PlacementAttribute(SpreadPlacement.Instance);
