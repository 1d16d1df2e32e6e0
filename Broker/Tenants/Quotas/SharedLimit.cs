using Orleans;

namespace Starling.Broker.Tenants.Quotas;

/// <summary>The limits that hold for a tenant over all edges, and are divided among them.</summary>
public enum SharedLimit
{
    Connections,
    ConnectsPerSecond,
    MessagesPerSecondIn,
    MessagesPerSecondOut,
    BytesPerSecondIn,
    BytesPerSecondOut,
}

/// <summary>What an edge uses of a limit, and whether it could do with more.</summary>
/// <param name="Used">Open connections, or tokens per second since it was asked before.</param>
/// <param name="IsShort">Somebody was refused, or held back.</param>
[GenerateSerializer, Immutable, Alias("starling.limit-demand")]
public readonly record struct LimitDemand([Id(0)] double Used, [Id(1)] bool IsShort);

/// <param name="Limits">By <see cref="SharedLimit"/>. An edge of an older program knows fewer.</param>
[GenerateSerializer, Immutable, Alias("starling.tenant-demand")]
public sealed record TenantDemand([Id(0)] IReadOnlyList<LimitDemand> Limits)
{
    public LimitDemand Of(SharedLimit limit) => (int)limit < Limits.Count ? Limits[(int)limit] : default;
}

/// <summary>An edge's part of a tenant's limits.</summary>
/// <param name="Duration">After which others may get it, unless it is renewed.</param>
/// <param name="Limits">By <see cref="SharedLimit"/>; null is unlimited.</param>
[GenerateSerializer, Immutable, Alias("starling.tenant-share")]
public sealed record TenantShare([Id(0)] TimeSpan Duration, [Id(1)] IReadOnlyList<double?> Limits)
{
    public double? Of(SharedLimit limit) => (int)limit < Limits.Count ? Limits[(int)limit] : null;
}

public static class SharedLimits
{
    public static IReadOnlyList<SharedLimit> All { get; } = Enum.GetValues<SharedLimit>();

    /// <summary>Null is unlimited.</summary>
    public static double? Of(this TenantLimits limits, SharedLimit limit) => limit switch
    {
        SharedLimit.Connections => limits.Connections,
        SharedLimit.ConnectsPerSecond => limits.ConnectsPerSecond,
        SharedLimit.MessagesPerSecondIn => limits.MessagesPerSecondIn,
        SharedLimit.MessagesPerSecondOut => limits.MessagesPerSecondOut,
        SharedLimit.BytesPerSecondIn => limits.BytesPerSecondIn,
        _ => limits.BytesPerSecondOut,
    };

    /// <summary>Whether any of them is limited at all.</summary>
    public static bool HasShared(this TenantLimits limits) => All.Any(limit => limits.Of(limit) is not null);
}
