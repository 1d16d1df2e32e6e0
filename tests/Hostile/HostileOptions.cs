using Starling.Hostile.Attacks;
using Starling.Testing.Processes;

namespace Starling.Hostile;

internal sealed record HostileOptions
{
    /// <summary>What docs/limits.md states for the default settings.</summary>
    public const int DefaultMemoryMiB = 1024;

    public const int DefaultP99Milliseconds = 50;

    /// <summary>Of all attacks together.</summary>
    public required TimeSpan Time { get; init; }

    public required int Seed { get; init; }

    public int MemoryMiB { get; init; } = DefaultMemoryMiB;

    public int P99Milliseconds { get; init; } = DefaultP99Milliseconds;

    public IReadOnlyList<Attack> Attacks { get; init; } = Attack.All;

    /// <summary>For the broker's files; it stays when something was wrong.</summary>
    public string Folder => Path.Combine(Repository.Root, "artifacts", "hostile", $"{Seed}");
}
