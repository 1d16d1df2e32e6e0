using Starling.Broker.Contracts;

namespace Starling.Broker.Retained;

/// <summary>
/// Retained messages by topic level. A wildcard filter visits the levels it can match and nothing else, and may stop and go on later
/// (<see cref="RetainedCursor"/>) while messages come and go. Not thread-safe: the owner locks.
/// </summary>
internal sealed class RetainedIndex
{
    /// <summary>A read ends with the message that makes it this large.</summary>
    private const int MaxBytes = 256 * 1024;

    /// <summary>Nodes that a read looks at, for filters that match little of what they have to go through.</summary>
    private const int MaxVisits = 16 * 1024;

    private readonly LevelNames _names = new();

    internal RetainedNode Root { get; } = new("", null);

    public int Count { get; private set; }

    /// <returns>The topic's node, if it has a value.</returns>
    public RetainedNode? Find(string topic)
    {
        var node = Root;
        foreach (var range in topic.AsSpan().Split('/'))
        {
            if (node.Child(topic.AsSpan()[range]) is not { } child)
                return null;
            node = child;
        }

        return node.Value is null ? null : node;
    }

    /// <returns>The topic's node.</returns>
    public RetainedNode Set(string topic, object value)
    {
        var node = Root;
        foreach (var range in topic.AsSpan().Split('/'))
        {
            var name = topic.AsSpan()[range];
            node = node.Child(name) ?? node.AddChild(_names.Of(name));
        }

        if (node.Value is null)
            Count++;
        node.Value = value;
        return node;
    }

    /// <summary>Removes the value of a node that has one.</summary>
    public void Remove(RetainedNode node)
    {
        node.Value = null;
        Count--;
        while (node is { Value: null, FirstChild: null, Parent: { } parent })
        {
            parent.RemoveChild(node);
            node = parent;
        }
    }

    /// <summary>
    /// Adds up to <paramref name="most"/> values that match to <paramref name="found"/>, from where the cursor stands. Large messages
    /// and a long search end a read early, so that it stays short and what it brings stays small.
    /// </summary>
    /// <returns>True when there may be more.</returns>
    public bool Read(RetainedCursor cursor, int most, List<RetainedHit> found)
    {
        var walk = (RetainedWalk)(cursor.Position ??= new RetainedWalk(cursor.Filter, Root));
        var bytes = 0L;
        for (var visits = 0; most > 0 && bytes < MaxBytes && visits < MaxVisits; visits++)
        {
            if (!walk.MoveNext(out var node))
                return false;
            if (node?.Value is not { } value)
                continue;
            found.Add(new RetainedHit(node, value));
            bytes += RetainedValue.Size(value, topicLength: 0);
            most--;
        }

        return true;
    }
}

/// <param name="Node">Says the topic, also when the message is gone.</param>
/// <param name="Value">What was there when the cursor came by.</param>
internal readonly record struct RetainedHit(RetainedNode Node, object Value);
