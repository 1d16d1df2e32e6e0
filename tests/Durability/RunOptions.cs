using Starling.Durability.Faults;
using Starling.Testing.Processes;

namespace Starling.Durability;

/// <param name="Folder">Takes the files of the run; they are to stay when something was violated.</param>
/// <param name="Silos">Of a cluster, for the faults that are about one.</param>
/// <param name="Edges">Of a cluster.</param>
internal sealed record RunOptions(int Rounds, FaultKind Fault, int Seed, string Folder, int Silos = 3, int Edges = 2)
{
    /// <summary>No round begins after it.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.MaxValue;

    public bool IsCluster => Fault is FaultKind.Silo or FaultKind.Edge or FaultKind.Node or FaultKind.Rolling;

    /// <summary>With a folder of its own in the repository's <c>artifacts</c>.</summary>
    public static RunOptions For(int rounds, FaultKind fault, int seed) =>
        new(rounds, fault, seed, Path.Combine(Repository.Root, "artifacts", "durability", $"{fault}-{seed}"));
}
