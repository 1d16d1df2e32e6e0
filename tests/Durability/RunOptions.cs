using Starling.Durability.Faults;

namespace Starling.Durability;

/// <param name="Folder">Takes the files of the run; they stay when something was violated.</param>
internal sealed record RunOptions(int Rounds, FaultKind Fault, int Seed, string Folder);
