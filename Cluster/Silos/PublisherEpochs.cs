using Starling.Broker.Contracts;
using Starling.Broker.Messages;

namespace Starling.Cluster.Silos;

/// <summary>
/// Which connection of each publisher a shard has heard last. A client that connects anew by another edge repeats there what was not
/// answered, while the first edge may still be trying to get the same messages through: what comes of the older connection behind the newer
/// one's would be out of order, take the place of what is retained, or be delivered a second time at QoS 2. Nobody waits for it any more.
///
/// What came of the older connection before is not left behind either: it may be waiting for a receiver. The newer one's messages wait for
/// it. Otherwise it could come behind them, and a QoS 2 message that its publisher has released by then come a second time to a connection,
/// which unlike an inbox (<see cref="IInboxStore.AppendAsync"/>) can't tell that it is late.
/// A transfer waits for such as came before it only.
///
/// Entries are kept for as long as a link retries, and not much longer. Thread-safe.
/// </summary>
internal sealed class PublisherEpochs(TimeProvider time)
{
    private static readonly TimeSpan Generation = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly List<Passage> _underWay = [];
    private Dictionary<string, long> _newer = new(StringComparer.Ordinal);
    private Dictionary<string, long> _older = new(StringComparer.Ordinal);
    private long _since = time.GetTimestamp();

    /// <summary>To be called for each transfer, in the order in which they come; <see cref="Leave"/> follows.</summary>
    public Passage Enter(IReadOnlyList<Message> messages)
    {
        HashSet<int>? late = null;
        List<Task>? before = null;
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
                {
                    last = publisher;
                    var known = Math.Max(_newer.GetValueOrDefault(publisher.ClientId), _older.GetValueOrDefault(publisher.ClientId));
                    _newer[publisher.ClientId] = Math.Max(known, publisher.Epoch);
                    isLate = publisher.Epoch < known;
                    if (known > 0 && publisher.Epoch > known)
                        (before ??= []).AddRange(_underWay.Where(other => other.IsOf(publisher.ClientId)).Select(other => other.Left));
                }

                if (isLate)
                    (late ??= []).Add(i);
            }

            var passage = new Passage(messages, late, before is null ? Task.CompletedTask : Task.WhenAll(before));
            _underWay.Add(passage);
            return passage;
        }
    }

    public void Leave(Passage passage)
    {
        lock (_gate)
            _underWay.Remove(passage);
        passage.Leave();
    }

    /// <summary>A transfer's way through the shard.</summary>
    /// <param name="messages">What it brings.</param>
    /// <param name="late">Places of messages whose publisher has a newer connection; null when there are none.</param>
    /// <param name="before">Done when those have left that it has to wait for.</param>
    internal sealed class Passage(IReadOnlyList<Message> messages, IReadOnlySet<int>? late, Task before)
    {
        private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlySet<int>? Late => late;

        public Task Before => before;

        public Task Left => _left.Task;

        public bool IsOf(string clientId) => messages.Any(message => message.Publisher?.ClientId == clientId);

        public void Leave() => _left.SetResult();
    }
}
