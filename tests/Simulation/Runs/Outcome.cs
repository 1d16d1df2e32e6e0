namespace Starling.Simulation.Runs;

/// <summary>What became of a seed.</summary>
/// <param name="Seed">Which.</param>
/// <param name="Hash">Of all that happened: the same in every run of the seed.</param>
/// <param name="Steps">Events.</param>
/// <param name="Messages">That clients published.</param>
/// <param name="Violations">Empty when all rules held.</param>
/// <param name="Lines">The trace, if it was kept.</param>
public sealed record Outcome(
    ulong Seed, ulong Hash, long Steps, int Messages, IReadOnlyList<string> Violations, IReadOnlyList<string> Lines);
