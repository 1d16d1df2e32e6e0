using Starling.Broker.Messages;

namespace Starling.Broker.Retained;

/// <summary>
/// Retained messages by topic level. A wildcard filter visits the levels it can match and nothing else, and may stop and go on later
/// (<see cref="RetainedCursor"/>) while messages come and go. Not thread-safe: the owner locks.
/// </summary>
internal sealed class RetainedIndex
{
    /// <summary>A read ends with the message that makes it this large.</summary>
    private const int MostBytes = 256 * 1024;

    /// <summary>Nodes that a read looks at, for filters that match little of what they have to go through.</summary>
    private const int MostVisits = 16 * 1024;

    internal RetainedNode Root { get; } = new("", null);

    public int Count { get; private set; }

    public Message? Find(string topic)
    {
        var node = Root;
        foreach (var range in topic.AsSpan().Split('/'))
        {
            if (node.Child(topic.AsSpan()[range]) is not { } child)
                return null;
            node = child;
        }

        return node.Message;
    }

    /// <returns>The message that was there before, or null.</returns>
    public Message? Set(Message message)
    {
        var topic = message.Topic.Text;
        var node = Root;
        foreach (var range in topic.AsSpan().Split('/'))
            node = node.Child(topic.AsSpan()[range]) ?? node.AddChild(topic[range]);
        var before = node.Message;
        node.Message = message;
        if (before is null)
            Count++;
        return before;
    }

    /// <returns>The message that was removed, or null.</returns>
    public Message? Remove(string topic)
    {
        var node = Root;
        foreach (var range in topic.AsSpan().Split('/'))
        {
            if (node.Child(topic.AsSpan()[range]) is not { } child)
                return null;
            node = child;
        }

        var before = node.Message;
        if (before is null)
            return null;
        node.Message = null;
        Count--;
        while (node is { Message: null, FirstChild: null, Parent: { } parent })
        {
            parent.RemoveChild(node);
            node = parent;
        }

        return before;
    }

    /// <summary>
    /// Adds up to <paramref name="most"/> messages that match to <paramref name="found"/>, from where the cursor stands. Large messages
    /// and a long search end a read early, so that it stays short and what it brings stays small.
    /// </summary>
    /// <returns>True when there may be more.</returns>
    public bool Read(RetainedCursor cursor, int most, List<Message> found)
    {
        if (!cursor.Started)
            cursor.Start(this);
        var bytes = 0L;
        for (var visits = 0; most > 0 && bytes < MostBytes && visits < MostVisits; visits++)
        {
            if (!cursor.MoveNext(out var message))
                return false;
            if (message is null)
                continue;
            found.Add(message);
            bytes += message.Size;
            most--;
        }

        return true;
    }
}
