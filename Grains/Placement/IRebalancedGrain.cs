namespace Starling.Grains.Placement;

/// <summary>An activation that moves when silos join.</summary>
internal interface IRebalancedGrain
{
    GrainId Id { get; }

    /// <summary>Whose it is; null is nobody's.</summary>
    string? Tenant { get; }

    /// <summary>Whether it has nothing that would be lost.</summary>
    bool MayMove { get; }

    /// <summary>The silo stops: its calls must not wait for others of this silo.</summary>
    void Leave();

    /// <summary>It ends here when it has no call under way, and begins in its place.</summary>
    void Move();
}
