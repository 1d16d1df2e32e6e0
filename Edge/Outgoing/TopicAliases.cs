using Starling.Broker.Messages;

namespace Starling.Edge.Outgoing;

/// <summary>Topic aliases that the broker sets towards a client: the first topics get one each, for as long as the connection lives.</summary>
internal sealed class TopicAliases(ushort maximum)
{
    private readonly Dictionary<ReadOnlyMemory<byte>, ushort> _aliases = new(Utf8Comparer.Instance);

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
        if (_aliases.Count >= maximum)
            return 0;
        alias = (ushort)(_aliases.Count + 1);
        _aliases.Add(topic.Utf8.ToArray(), alias);
        return alias;
    }

    /// <summary>The packet that was to set the topic's alias is not sent.</summary>
    public void Remove(Topic topic) => _aliases.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(topic.Utf8);
}
