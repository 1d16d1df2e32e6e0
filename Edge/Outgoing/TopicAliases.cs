using Starling.Broker.Messages;
using Starling.Broker.Metrics;

namespace Starling.Edge.Outgoing;

/// <summary>
/// Topic aliases that the broker sets towards a client: the first topics get one each, for as long as the connection lives. A client can ask
/// for 65,535 of them, so they are bounded in bytes, too.
/// </summary>
internal sealed class TopicAliases(ushort maximum, ConnectionLedger ledger)
{
    /// <summary>What all of them may take.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>What an alias takes besides its topic: an array and a place in the table.</summary>
    private const int Overhead = 80;

    private readonly Dictionary<ReadOnlyMemory<byte>, ushort> _aliases = new(Utf8Comparer.Instance);
    private int _bytes;

    /// <param name="topic">The topic of the message that is about to be written.</param>
    /// <param name="named">Whether the topic has to be sent with the alias, or instead of one.</param>
    /// <returns>The alias, or 0 for none.</returns>
    public ushort For(Topic topic, out bool named)
    {
        if (_aliases.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(topic.Utf8, out var alias))
        {
            named = false;
            return alias;
        }

        named = true;
        var size = SizeOf(topic);
        if (_aliases.Count >= maximum || _bytes + size > MaxBytes)
            return 0;
        alias = (ushort)(_aliases.Count + 1);
        _aliases.Add(topic.Utf8.ToArray(), alias);
        ledger.Set(HeldKind.Aliases, _bytes += size);
        return alias;
    }

    /// <summary>The packet that was to set the topic's alias, the newest one, is not sent.</summary>
    public void Remove(Topic topic)
    {
        if (_aliases.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(topic.Utf8))
            ledger.Set(HeldKind.Aliases, _bytes -= SizeOf(topic));
    }

    private static int SizeOf(Topic topic) => topic.Utf8.Length + Overhead;
}
