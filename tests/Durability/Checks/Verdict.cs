namespace Starling.Durability.Checks;

/// <param name="Duplicates">Messages of QoS 1 that came again, as they may.</param>
/// <param name="Violations">What went wrong, a line each.</param>
internal sealed record Verdict(
    long Sent, long Acknowledged, long Received, long Duplicates, long Lost, long Doubled, long Reordered, IReadOnlyList<string> Violations)
{
    public static Verdict None { get; } = new(0, 0, 0, 0, 0, 0, 0, []);

    public static Verdict operator +(Verdict a, Verdict b) => new(
        a.Sent + b.Sent, a.Acknowledged + b.Acknowledged, a.Received + b.Received, a.Duplicates + b.Duplicates,
        a.Lost + b.Lost, a.Doubled + b.Doubled, a.Reordered + b.Reordered, [.. a.Violations, .. b.Violations]);

    public override string ToString() =>
        $"sent {Sent}, acknowledged {Acknowledged}, received {Received}, duplicates {Duplicates}, lost {Lost}, doubled {Doubled}, reordered {Reordered}";
}
