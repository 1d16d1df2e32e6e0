using Starling.Simulation.Store;

namespace Starling.Simulation.Runs;

/// <summary>How seeds are run.</summary>
internal sealed record RunOptions
{
    /// <summary>One process instead of a cluster.</summary>
    public bool IsStandalone { get; init; }

    /// <summary>Whether the lines of the trace are kept.</summary>
    public bool KeepsTrace { get; init; }

    /// <summary>What is broken on purpose.</summary>
    public StoreFlaws Flaws { get; init; } = new();
}
