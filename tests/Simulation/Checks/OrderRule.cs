using Starling.Protocol;
using Starling.Simulation.History;

namespace Starling.Simulation.Checks;

/// <summary>
/// Per publisher, topic and QoS, messages come in the order they were sent. The QoS is the one that they come with ([MQTT-4.6.0-5]): a
/// client that takes back the subscription which gave it QoS 1 may get, by another one at QoS 0, what is newer than what still waits in
/// its inbox. Of those that their publisher had to send again, some receivers may have had later ones before: what one inbox did not take is
/// not taken back from the others.
/// </summary>
internal static class OrderRule
{
    public static IEnumerable<string> Check(RunHistory history)
    {
        foreach (var session in history.Sessions)
        {
            var last = new Dictionary<(string, string, int, int, (int, int)), SentMessage>();
            var seen = new HashSet<SentMessage>();
            foreach (var receipt in session.Receipts)
            {
                var message = receipt.Message;
                if (receipt.Retain || message.IsWill || message.IsRepeated || !seen.Add(message) || IsShared(session, message) || !HasBegun(session, message))
                    continue;
                // A QoS 0 message of an older connection, which nobody waits for, may still be on its way from another edge, or to the
                // edge that its receiver comes back to.
                var connections = message.QoS == QualityOfService.AtMostOnce ? (message.Connection, receipt.Connection) : default;
                var key = (message.Publisher, message.Topic, (int)message.QoS, (int)receipt.QoS, connections);
                if (last.TryGetValue(key, out var before) && before.Number > message.Number)
                    yield return $"{session} got {message} at {receipt.At.TotalSeconds:F3} s after {before}";
                else
                    last[key] = message;
            }
        }
    }

    /// <summary>Of what was sent before the SUBACK, some may have come too early, and come when it is repeated.</summary>
    private static bool HasBegun(SessionSpan session, SentMessage message) =>
        session.Subscriptions.Exists(s => s.Takes(message) && s.AckedAt < message.SentAt);

    /// <summary>Another member may have had it first.</summary>
    private static bool IsShared(SessionSpan session, SentMessage message) =>
        session.Subscriptions.Exists(s => s.IsShared && s.Takes(message));
}
