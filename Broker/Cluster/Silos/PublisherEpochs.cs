using Starling.Broker.Messages;

namespace Starling.Broker.Cluster.Silos;

/// <summary>
/// Which connection of each publisher a shard has heard last. A client that connects anew by another edge repeats there what was not
/// answered, while the first edge may still be trying to get the same messages through: what comes of the older connection behind the newer
/// one's would be out of order, take the place of what is retained, or be delivered a second time at QoS 2. Nobody waits for it any more.
/// Entries are kept for as long as a link goes on trying, and not much longer. Thread-safe.
/// </summary>
internal sealed class PublisherEpochs(TimeProvider time)
{
    private static readonly TimeSpan Generation = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private Dictionary<string, long> _newer = new(StringComparer.Ordinal);
    private Dictionary<string, long> _older = new(StringComparer.Ordinal);
    private long _since = time.GetTimestamp();

    /// <returns>Places of messages whose publisher has a newer connection; null when there are none.</returns>
    public HashSet<int>? TakeIn(IReadOnlyList<Message> messages)
    {
        HashSet<int>? late = null;
        Publisher? last = null;
        var isLate = false;
        lock (_gate)
        {
            if (time.GetElapsedTime(_since) > Generation)
                (_older, _newer, _since) = (_newer, new Dictionary<string, long>(StringComparer.Ordinal), time.GetTimestamp());
            for (var i = 0; i < messages.Count; i++)
            {
                if (messages[i].Publisher is not { Epoch: > 0 } publisher)
                    continue;
                if (!ReferenceEquals(publisher, last))
                    (last, isLate) = (publisher, !IsLatest(publisher));
                if (isLate)
                    (late ??= []).Add(i);
            }
        }

        return late;
    }

    private bool IsLatest(Publisher publisher)
    {
        var known = Math.Max(_newer.GetValueOrDefault(publisher.ClientId), _older.GetValueOrDefault(publisher.ClientId));
        _newer[publisher.ClientId] = Math.Max(known, publisher.Epoch);
        return publisher.Epoch >= known;
    }
}
