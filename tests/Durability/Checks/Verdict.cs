using System.Globalization;

namespace Starling.Durability.Checks;

/// <param name="Duplicates">Messages of QoS 1 that came again, as they may.</param>
/// <param name="Violations">What went wrong, a line each.</param>
internal sealed record Verdict(
    long Sent, long Acknowledged, long Received, long Duplicates, long Lost, long Doubled, long Reordered, IReadOnlyList<string> Violations)
{
    /// <summary>From a PUBLISH of QoS 1 or 2 to its acknowledgement, while everything goes wrong.</summary>
    public TimeSpan LongestWait { get; init; }

    public static Verdict None { get; } = new(0, 0, 0, 0, 0, 0, 0, []);

    public static Verdict operator +(Verdict a, Verdict b) => new(
        a.Sent + b.Sent, a.Acknowledged + b.Acknowledged, a.Received + b.Received, a.Duplicates + b.Duplicates,
        a.Lost + b.Lost, a.Doubled + b.Doubled, a.Reordered + b.Reordered, [.. a.Violations, .. b.Violations])
    {
        LongestWait = a.LongestWait > b.LongestWait ? a.LongestWait : b.LongestWait,
    };

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"sent {Sent}, acknowledged {Acknowledged}, received {Received}, duplicates {Duplicates}, lost {Lost}, doubled {Doubled}, reordered {Reordered}, longest wait {LongestWait.TotalSeconds:0.0} s");
}
