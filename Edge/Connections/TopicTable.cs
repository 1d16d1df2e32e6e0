using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants.Quotas;
using Starling.Edge.Outgoing;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>
/// The topics that a client publishes to, with what is known of each, so that validating, matching and authorizing happen once per
/// topic. Bounded in number and in bytes: it starts anew when it is full. Used by the connection's reader alone.
/// </summary>
internal sealed class TopicTable(ConnectionLedger ledger)
{
    /// <summary>What all of them may take, in bytes.</summary>
    public const int MaxBytes = 128 * 1024;

    private const int MaxTopics = 256;

    /// <summary>What a topic takes besides its name: objects, a place in the table, and the results that are remembered.</summary>
    private const int Overhead = 256;

    private readonly Dictionary<ReadOnlyMemory<byte>, PublishTopic> _topics = new(Utf8Comparer.Instance);
    private PublishTopic? _last;
    private int _bytes;

    public PublishTopic? Find(ReadOnlySpan<byte> utf8)
    {
        if (_last is not null && _last.Topic.Utf8.SequenceEqual(utf8))
            return _last;
        return _topics.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(utf8, out var found) ? _last = found : null;
    }

    /// <summary>Adds a topic that has been found valid.</summary>
    public PublishTopic Add(ReadOnlySpan<byte> utf8)
    {
        var size = SizeOf(utf8.Length);
        if (_topics.Count >= MaxTopics || _bytes + size > MaxBytes)
        {
            _topics.Clear();
            _bytes = 0;
        }

        var bytes = utf8.ToArray();
        _bytes += size;
        ledger.Set(HeldKind.Topics, _bytes);
        return _topics[bytes] = _last = new PublishTopic(new Topic(bytes));
    }

    /// <summary>The name is kept as bytes, and as text of two bytes for a character.</summary>
    private static int SizeOf(int length) => (3 * length) + Overhead;
}

/// <summary>A topic that a client publishes to.</summary>
internal sealed class PublishTopic(Topic topic)
{
    public Topic Topic => topic;

    /// <summary>The version of the rules that <see cref="Refusal"/> follows.</summary>
    public long AccessVersion { get; set; } = -1;

    /// <summary>The limit that the topic is over, by the same version, or null.</summary>
    public TenantLimit? Limit { get; set; }

    /// <summary>Why messages to this topic are refused; Success if they are not.</summary>
    public ReasonCode Refusal { get; set; }
}
