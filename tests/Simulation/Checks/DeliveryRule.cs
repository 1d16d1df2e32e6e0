using Starling.Protocol;
using Starling.Simulation.History;

namespace Starling.Simulation.Checks;

/// <summary>
/// What was acknowledged at QoS 1 and 2 reaches every durable session that had subscribed before it was sent, and every other one whose
/// connection has lived since; in calm also what was sent at QoS 0.
/// </summary>
internal static class DeliveryRule
{
    public static IEnumerable<string> Check(RunHistory history, RunFacts facts)
    {
        foreach (var session in history.Sessions)
        {
            if (session.EndedAt is not null || session.WasSlow && !session.IsDurable)
                continue;
            var got = session.Receipts.Select(receipt => receipt.Message).ToHashSet(ReferenceEqualityComparer.Instance);
            foreach (var message in history.Messages)
            {
                if (!got.Contains(message) && Expects(session, message, facts) is { } subscription)
                    yield return $"{session} did not get {message}, sent {message.SentAt.TotalSeconds:F3} s, acknowledged {message.AckedAt?.TotalSeconds:F3} s, subscribed to '{subscription.Filter}' at {subscription.AckedAt.TotalSeconds:F3} s";
            }
        }
    }

    private static SubscriptionSpan? Expects(SessionSpan session, SentMessage message, RunFacts facts)
    {
        if (message.Tenant != session.Tenant || message.IsWill || message.IsRefused)
            return null;
        return session.Subscriptions.Find(s => !s.IsShared && s.AckedAt < message.SentAt && IsKept(s, message, facts) && s.Takes(message)
            && (session.IsDurable || session.ConnectedAt < message.SentAt));
    }

    private static bool IsKept(SubscriptionSpan subscription, SentMessage message, RunFacts facts)
    {
        if (message.QoS == QualityOfService.AtMostOnce || subscription.QoS == QualityOfService.AtMostOnce)
            return message.SentAt > facts.CalmFrom && subscription.RemovedAt is null;
        return message.AckedAt is { } acked && (subscription.RemovedAt is not { } removed || removed > acked);
    }
}
