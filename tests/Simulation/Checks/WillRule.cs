using Starling.Simulation.History;

namespace Starling.Simulation.Checks;

/// <summary>
/// The will of a connection that ended without a DISCONNECT is published, once, unless its client was back before the delay had passed;
/// that of one that said goodbye is not. Seen by witnesses: durable sessions that have subscribed to wills before there was any.
/// </summary>
internal static class WillRule
{
    public const string Topic = "will";

    /// <summary>Clocks differ, and the end of a connection may be seen later than it was.</summary>
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(1.5);

    /// <summary>Nobody waits for the will of a session that ends with its connection to be written.</summary>
    private static readonly TimeSpan Writing = TimeSpan.FromSeconds(2);

    public static IEnumerable<string> Check(RunHistory history, RunFacts facts)
    {
        foreach (var will in history.Wills)
        {
            var witness = history.Sessions.Find(s => s.Tenant == will.Message.Tenant && s.IsDurable && s.EndedAt is null
                && s.Subscriptions.Exists(f => f.Filter == Topic + "/#" && f.RemovedAt is null && f.AckedAt < (will.HeldFrom ?? TimeSpan.Zero)));
            if (witness is null || will.HeldFrom is not { } held)
                continue;
            var receipts = witness.Receipts.Where(r => r.Message == will.Message).ToArray();
            var times = receipts.Count(receipt => !receipt.Dup);
            if (times > 1 && facts.Faults.Count == 0)
                yield return $"{will.Message} was published {times} times";
            if (receipts.Length > 0 && MustNot(will, facts) is { } why)
                yield return $"{will.Message} was published at {receipts[0].At.TotalSeconds:F3} s although {why}";
            if (receipts.Length == 0 && Must(will, held, facts))
                yield return $"{will.Message} was not published; its connection to {will.Edge} was lost at {will.LostAt!.Value.TotalSeconds:F3} s";
        }
    }

    private static bool Must(WillSpan will, TimeSpan held, RunFacts facts)
    {
        if (will.LostAt is not { } lost || lost > facts.CalmFrom)
            return false;
        if (will.Session is not { IsDurable: true } && !facts.IsQuiet(held - Writing, held + Writing))
            return false;
        return EffectiveDelay(will) == TimeSpan.Zero || will.BackAt is null;
    }

    private static string? MustNot(WillSpan will, RunFacts facts)
    {
        if (will.GoodbyeAt is { } goodbye)
            return facts.IsQuiet(goodbye - Leeway, goodbye + TimeSpan.FromSeconds(5)) ? $"its client said goodbye at {goodbye.TotalSeconds:F3} s" : null;
        if (will.LostAt is not { } lost)
            return "its connection lives";
        return will.BackAt is { } back && back < lost + EffectiveDelay(will) - Leeway ? $"its client was back at {back.TotalSeconds:F3} s" : null;
    }

    private static TimeSpan EffectiveDelay(WillSpan will) => will.Session is { IsDurable: true } ? will.Delay : TimeSpan.Zero;
}
