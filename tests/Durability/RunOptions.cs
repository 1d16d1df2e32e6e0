using Starling.Durability.Faults;

namespace Starling.Durability;

/// <param name="Folder">Takes the files of the run; they are to stay when something was violated.</param>
internal sealed record RunOptions(int Rounds, FaultKind Fault, int Seed, string Folder)
{
    /// <summary>With a folder of its own in the repository's <c>artifacts</c>.</summary>
    public static RunOptions For(int rounds, FaultKind fault, int seed) =>
        new(rounds, fault, seed, Path.Combine(Repository.Root, "artifacts", "durability", $"{fault}-{seed}"));
}
