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
public readonly record struct LimitDemand(double Used, bool IsShort);

/// <param name="Limits">By <see cref="SharedLimit"/>. An edge of an older program knows fewer.</param>
public sealed record TenantDemand(IReadOnlyList<LimitDemand> Limits)
{
    public LimitDemand Of(SharedLimit limit) => (int)limit < Limits.Count ? Limits[(int)limit] : default;
}

/// <summary>An edge's part of a tenant's limits.</summary>
/// <param name="Duration">After which others may get it, unless it is renewed.</param>
/// <param name="Limits">By <see cref="SharedLimit"/>; null is unlimited.</param>
public sealed record TenantShare(TimeSpan Duration, IReadOnlyList<double?> Limits)
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
