using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Edge.Outgoing;

namespace Starling.Edge.Nodes;

/// <summary>
/// While retained messages are replayed to a connection: the topics of those that were published meanwhile. They are not replayed any more:
/// a message would come twice, or an older one after it. Thread-safe.
/// </summary>
internal sealed class OvertakenTopics(ConnectionLedger ledger)
{
    /// <summary>A place in the table of topics, with the object of the text.</summary>
    private const int Overhead = 80;

    /// <summary>Bytes of difference that are not entered in the ledger.</summary>
    private const int EntryStep = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _topics = new(StringComparer.Ordinal);
    private int _expected;
    private long _bytes;
    private long _entered;

    /// <summary>To be called before subscriptions take effect whose retained messages will be replayed.</summary>
    public void Expect(int subscriptions)
    {
        lock (_gate)
            _expected += subscriptions;
    }

    /// <summary>The replay for one of the expected subscriptions has ended.</summary>
    public void Completed()
    {
        lock (_gate)
        {
            if (--_expected > 0)
                return;
            _topics.Clear();
            _topics.TrimExcess();
            ledger.Set(HeldKind.Replays, _bytes = _entered = 0);
        }
    }

    /// <summary>A retained message is about to be delivered because it was published just now.</summary>
    public void Overtake(Message live)
    {
        if (Volatile.Read(ref _expected) == 0)
            return;
        lock (_gate)
        {
            if (_expected == 0 || !_topics.Add(live.Topic.Text))
                return;
            _bytes += Overhead + (sizeof(char) * live.Topic.Text.Length);
            if (_bytes - _entered >= EntryStep)
                ledger.Set(HeldKind.Replays, _entered = _bytes);
        }
    }

    /// <summary>Sends replayed messages, except those that were overtaken.</summary>
    public void Send(Outbox outbox, IEnumerable<Delivery> deliveries)
    {
        lock (_gate)
        {
            var flush = false;
            foreach (var delivery in deliveries.Where(delivery => !_topics.Contains(delivery.Message.Topic.Text)))
                flush |= outbox.Send(delivery);
            if (flush)
                outbox.Flush();
        }
    }
}
