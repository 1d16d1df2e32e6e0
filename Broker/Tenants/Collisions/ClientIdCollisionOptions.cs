namespace Starling.Broker.Tenants.Collisions;

/// <summary>When two devices with one client id count as fighting, and for how long the newer one is then kept out.</summary>
public sealed record ClientIdCollisionOptions
{
    public bool Enabled { get; init; } = true;

    /// <summary>The takeover, counted within <see cref="Window"/>, that is refused; 2 to 100.</summary>
    public int Threshold { get; init; } = 5;

    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the older connection is kept the first time; doubled, up to <see cref="MaximumHold"/>, each time that the fight
    /// continues afterwards.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan MaximumHold { get; init; } = TimeSpan.FromMinutes(10);
}
