using Starling.Protocol;
using Starling.Simulation.History;

namespace Starling.Simulation.Checks;

/// <summary>
/// What was acknowledged reaches one member of a shared subscription whose members are durable; at QoS 2 none of them, or only one.
/// </summary>
internal static class SharedRule
{
    public static IEnumerable<string> Check(RunHistory history, RunFacts facts)
    {
        var members = history.Sessions
            .SelectMany(session => session.Subscriptions.Where(s => s.IsShared).Select(subscription => (session, subscription)))
            .GroupBy(member => (member.session.Tenant, member.subscription.Filter));
        foreach (var group in members)
        {
            var sessions = group.Select(member => member.session).Distinct().ToArray();
            // Members that come and go take with them what they had.
            var isLasting = sessions.All(session => session.IsDurable && session.EndedAt is null && session.Subscriptions.TrueForAll(s => s.RemovedAt is null));
            var since = group.Min(member => member.subscription.AckedAt);
            var subscription = group.First().subscription;
            foreach (var message in history.Messages.Where(m => m.Tenant == group.Key.Tenant && !m.IsWill && subscription.Takes(m)))
            {
                var receipts = sessions.Sum(session => session.Receipts.Count(r => r.Message == message && r.QoS > QualityOfService.AtMostOnce));
                var isSafe = message.QoS > QualityOfService.AtMostOnce && subscription.QoS > QualityOfService.AtMostOnce;
                var overlaps = sessions.Any(s => s.Subscriptions.Exists(other => !other.IsShared && other.Takes(message)));
                if (isLasting && isSafe && receipts == 0 && message.SentAt > since && message is { AckedAt: not null, IsRefused: false } && !overlaps)
                    yield return $"nobody of '{group.Key.Filter}' in {group.Key.Tenant} got {message}, sent {message.SentAt.TotalSeconds:F3} s";
                if (isLasting && !overlaps && receipts > 1 && message is { QoS: QualityOfService.ExactlyOnce, MayRepeat: false } && subscription.QoS == QualityOfService.ExactlyOnce)
                    yield return $"'{group.Key.Filter}' in {group.Key.Tenant} got {message} {receipts} times";
            }
        }
    }
}
