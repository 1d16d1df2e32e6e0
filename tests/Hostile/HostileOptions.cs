using Starling.Hostile.Attacks;
using Starling.Testing.Processes;

namespace Starling.Hostile;

internal sealed record HostileOptions
{
    /// <summary>The aim for the default settings; docs/known-limits.md says what is missing.</summary>
    public const int DefaultMemoryMiB = 1024;

    public const int DefaultP99Milliseconds = 50;

    /// <summary>Of all attacks together.</summary>
    public required TimeSpan Time { get; init; }

    public required int Seed { get; init; }

    public int MemoryMiB { get; init; } = DefaultMemoryMiB;

    public int P99Milliseconds { get; init; } = DefaultP99Milliseconds;

    /// <summary>Whether all attacks are carried on at once at the end.</summary>
    public bool Together { get; init; } = true;

    public IReadOnlyList<Attack> Attacks { get; init; } = Attack.All;

    /// <summary>For the broker's files; it stays when something was wrong.</summary>
    public string Folder => Path.Combine(Repository.Root, "artifacts", "hostile", $"{Seed}");
}
