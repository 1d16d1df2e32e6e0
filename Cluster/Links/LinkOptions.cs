namespace Starling.Cluster.Links;

/// <summary>How much a link lets gather, and how long it tries.</summary>
public sealed record LinkOptions
{
    /// <summary>What may wait or be under way, in bytes.</summary>
    public long MaxBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>What one call carries at most, in bytes, unless a single item is larger.</summary>
    public long CallBytes { get; init; } = 1024 * 1024;

    /// <summary>Between a call whose outcome is not known and its repeat; doubles each time.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long an unanswered call is repeated before everybody who waits is told that it has failed.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where calls that failed and are repeated are reported; null for nowhere.</summary>
    public LinkFailures? Failures { get; init; }

    /// <summary>The pause after one of <paramref name="pause"/>.</summary>
    internal TimeSpan After(TimeSpan pause) => 2 * pause < LongestPause ? 2 * pause : LongestPause;
}
