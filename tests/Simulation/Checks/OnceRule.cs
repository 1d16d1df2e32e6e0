using Starling.Protocol;
using Starling.Simulation.History;

namespace Starling.Simulation.Checks;

/// <summary>At QoS 2 a durable session gets nothing twice; nor does anybody anything in calm.</summary>
internal static class OnceRule
{
    public static IEnumerable<string> Check(RunHistory history, RunFacts facts)
    {
        foreach (var session in history.Sessions)
        {
            foreach (var group in session.Receipts.Where(r => !r.Retain).GroupBy(r => r.Message).Where(g => g.Count() > 1))
            {
                var message = group.Key;
                if (message.IsWill || message.MayRepeat || session.Subscriptions.Exists(s => s.IsShared && s.Takes(message)))
                    continue;
                var isCalm = message.SentAt > facts.CalmFrom;
                var isOnce = group.Count(r => r.QoS == QualityOfService.ExactlyOnce) > 1 && session.IsDurable;
                if (isCalm || isOnce)
                    yield return $"{session} got {message} {group.Count()} times: {string.Join(", ", group.Select(r => $"{r.At.TotalSeconds:F3} s"))}";
            }
        }
    }
}
