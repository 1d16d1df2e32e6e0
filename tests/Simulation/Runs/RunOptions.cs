namespace Starling.Simulation.Runs;

/// <summary>How seeds are run.</summary>
internal sealed record RunOptions
{
    /// <summary>Whether the lines of the trace are kept.</summary>
    public bool KeepsTrace { get; init; }

    /// <summary>What is broken on purpose.</summary>
    public BrokenRule Broken { get; init; }
}
