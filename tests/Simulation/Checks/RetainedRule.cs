using Starling.Simulation.History;

namespace Starling.Simulation.Checks;

/// <summary>Each topic retains the last message that was acknowledged, or one that was sent later and not answered.</summary>
internal static class RetainedRule
{
    /// <param name="history">What was published.</param>
    /// <param name="reader">A session that has subscribed to everything when all was at rest.</param>
    public static IEnumerable<string> Check(RunHistory history, SessionSpan reader)
    {
        var replayed = reader.Receipts.Where(receipt => receipt.Retain).ToLookup(receipt => receipt.Message.Topic);
        foreach (var topic in history.Messages.Where(m => m.Retain && m.Tenant == reader.Tenant).GroupBy(m => m.Topic))
        {
            var messages = topic.ToArray();
            var acknowledged = Array.FindLastIndex(messages, m => m.AckedAt is not null);
            var got = replayed[topic.Key].Select(receipt => receipt.Message).ToArray();
            if (got.Length > 1)
                yield return $"'{topic.Key}' was replayed {got.Length} times to {reader}";
            if (got.Length == 0 && acknowledged >= 0)
                yield return $"nothing is retained for '{topic.Key}', last acknowledged {messages[acknowledged]}";
            if (got.Length > 0 && Array.IndexOf(messages, got[0]) < acknowledged)
                yield return $"'{topic.Key}' retains {got[0]}, which is older than {messages[acknowledged]}";
        }
    }
}
