using Starling.Durability.History;
using Starling.Protocol;

namespace Starling.Durability.Checks;

/// <summary>
/// Judges a round:
/// - what was acknowledged has arrived at every subscriber that was to get it, and at one member of every shared subscription;
/// - published and subscribed at QoS 2 it arrived once, in a shared subscription at one member;
/// - at QoS 1 it comes without DUP, and within one connection, at most as often as its publisher sent it, and again only with DUP;
/// - what a publisher published to a topic at a QoS arrived, counting first arrivals, in this order (not in shared subscriptions);
/// - nothing arrived that nobody sent, or that was not subscribed to.
/// </summary>
internal sealed class RoundCheck
{
    private readonly Dictionary<MessageId, SentMessage> _sent;
    private readonly Dictionary<ushort, uint> _first;
    private readonly List<string> _violations = [];
    private long _duplicates;
    private long _lost;
    private long _doubled;
    private long _reordered;

    private readonly bool _isRepeated;

    private RoundCheck(RoundHistory round)
    {
        _isRepeated = round.IsRepeated;
        _sent = round.Sent.ToDictionary(message => message.Id);
        _first = round.Sent.GroupBy(message => message.Id.Publisher).ToDictionary(group => group.Key, group => group.Min(message => message.Id.Number));
    }

    public static Verdict Of(RoundHistory round)
    {
        var check = new RoundCheck(round);
        foreach (var subscriber in round.Subscribers)
            check.See(subscriber);
        foreach (var group in round.Subscribers.Where(subscriber => subscriber.Plan.Group is not null).GroupBy(subscriber => subscriber.Plan.Group!))
            check.SeeGroup(group.Key, [.. group]);
        return new Verdict(
            round.Sent.Count, round.Sent.Count(message => message.Acknowledged), round.Subscribers.Sum(subscriber => (long)subscriber.Receipts.Count),
            check._duplicates, check._lost, check._doubled, check._reordered, check._violations)
        {
            LongestWait = round.Sent.Max(message => message.Waited) ?? TimeSpan.Zero,
        };
    }

    private void See(SubscriberHistory subscriber)
    {
        var plan = subscriber.Plan;
        var latest = new Dictionary<(ushort Publisher, string Topic, QualityOfService QoS, int Connection), uint>();
        foreach (var arrivals in subscriber.Receipts.GroupBy(receipt => receipt.Id))
            SeeArrivals(plan, arrivals.Key, [.. arrivals]);
        var seen = new HashSet<MessageId>();
        foreach (var receipt in subscriber.Receipts.Where(receipt => _sent.ContainsKey(receipt.Id) && plan.Gets(receipt.Topic)))
        {
            if (!seen.Add(receipt.Id))
                continue;
            // A clean session has no order beyond its connection, nor has QoS 0 that finds the client at another edge.
            var isAnew = plan.IsClean || (_isRepeated && receipt.Published == QualityOfService.AtMostOnce);
            var line = (receipt.Id.Publisher, receipt.Topic, receipt.Published, isAnew ? receipt.Connection : 0);
            if (latest.TryGetValue(line, out var before) && before > receipt.Id.Number)
            {
                _reordered++;
                Add($"reordered: {plan.Name} got {receipt.Id} on {receipt.Topic} at {receipt.Published} after {before}");
            }
            latest[line] = Math.Max(before, receipt.Id.Number);
        }
        foreach (var message in _sent.Values.Where(message => subscriber.IsComplete && message.Acknowledged && plan.Gets(message.Topic) && !seen.Contains(message.Id)))
            Lost(plan.Name, message);
    }

    private void SeeArrivals(SubscriberPlan plan, MessageId id, List<Receipt> arrivals)
    {
        var first = arrivals[0];
        var exactlyOnce = first.Published == QualityOfService.ExactlyOnce && plan.QoS == QualityOfService.ExactlyOnce;
        if (!_sent.TryGetValue(id, out var message))
        {
            SeeOld(plan, id, arrivals, exactlyOnce);
            return;
        }

        var expected = message.QoS < plan.QoS ? message.QoS : plan.QoS;
        if (first.Topic != message.Topic || first.Published != message.QoS || !(plan.Gets(first.Topic) || plan.Shared.Contains(first.Topic)))
            Add($"not meant: {plan.Name} got {id} on {first.Topic}, sent to {message.Topic} at {message.QoS}");
        if (arrivals.Exists(receipt => receipt.Delivered != expected))
            Add($"wrong QoS: {plan.Name} got {id}, sent to {message.Topic} at {message.QoS}, not at {expected}");
        if (exactlyOnce)
        {
            if (arrivals.Count > 1)
                Doubled(plan.Name, id, arrivals);
            return;
        }

        _duplicates += arrivals.Count - 1;
        // What a member leaves goes to another one, and may come back with it.
        if (plan.Shared.Contains(message.Topic))
            return;
        if (_isRepeated && (message.QoS == QualityOfService.AtLeastOnce || (plan.IsClean && message.QoS == QualityOfService.ExactlyOnce)))
            return;
        // What was on its way to another edge may find the client there by then.
        if (_isRepeated && message.QoS == QualityOfService.AtMostOnce && arrivals.Select(receipt => receipt.Connection).Distinct().Count() == arrivals.Count)
            return;
        // For sessions that are kept, a QoS 2 publisher's repeats are the broker's to notice; what others repeat may come as a message of its own.
        var copies = message.QoS == QualityOfService.ExactlyOnce && !plan.IsClean ? 1 : message.Attempts;
        if (arrivals.Count(receipt => !receipt.Dup) > copies || arrivals.GroupBy(receipt => receipt.Connection).Any(connection => connection.Count() > copies))
            Doubled(plan.Name, id, arrivals);
    }

    /// <summary>From an earlier round, at whose end it was delivered.</summary>
    private void SeeOld(SubscriberPlan plan, MessageId id, List<Receipt> arrivals, bool exactlyOnce)
    {
        if (_first.TryGetValue(id.Publisher, out var first) && id.Number >= first)
            Add($"invented: {plan.Name} got {id} on {arrivals[0].Topic}, which nobody sent");
        else if (exactlyOnce || (arrivals.Exists(receipt => !receipt.Dup) && !plan.Shared.Contains(arrivals[0].Topic)
            && !(_isRepeated && arrivals[0].Published == QualityOfService.AtLeastOnce)))
            Doubled(plan.Name, id, arrivals);
        else
            _duplicates += arrivals.Count;
    }

    private void SeeGroup(string group, List<SubscriberHistory> members)
    {
        var arrivals = members.SelectMany(member => member.Receipts.Where(receipt => member.Plan.Shared.Contains(receipt.Topic)).Select(receipt => (member.Plan.Name, receipt.Id)))
            .ToLookup(arrival => arrival.Id, arrival => arrival.Name);
        var plan = members[0].Plan;
        foreach (var message in _sent.Values.Where(message => plan.Shared.Contains(message.Topic)))
        {
            var got = arrivals[message.Id].Distinct().ToList();
            if (got.Count == 0 && message.Acknowledged)
                Lost("group " + group, message);
            else if (got.Count > 1 && message.QoS == QualityOfService.ExactlyOnce && plan.QoS == QualityOfService.ExactlyOnce)
                Doubled($"group {group} ({string.Join(", ", got)})", message.Id, []);
        }
    }

    private void Lost(string who, SentMessage message)
    {
        _lost++;
        Add($"lost: {who} never got {message.Id} to {message.Topic} at {message.QoS}, {message.Length} bytes, sent {message.Attempts} times, acknowledged");
    }

    private void Doubled(string who, MessageId id, List<Receipt> arrivals)
    {
        _doubled++;
        var sent = _sent.TryGetValue(id, out var message) ? $"to {message.Topic} at {message.QoS}, sent {message.Attempts} times" : "of an earlier round";
        Add($"doubled: {who} got {id} {sent}: {string.Join(", ", arrivals.Select(receipt => $"connection {receipt.Connection}{(receipt.Dup ? " with DUP" : "")}"))}");
    }

    private void Add(string violation) => _violations.Add(violation);
}
