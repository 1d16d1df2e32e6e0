using Starling.Broker.Messages;

namespace Starling.Broker.Retained;

/// <summary>
/// One level of the retained topics. Siblings form a list to which newcomers are added in front; a node that was removed keeps its
/// link to the next one, so that a cursor that stands on it finds its way back.
/// </summary>
internal sealed class RetainedNode(string level, RetainedNode? parent)
{
    private Dictionary<string, RetainedNode>? _children;
    private RetainedNode? _previous;

    public string Level => level;

    public RetainedNode? Parent => parent;

    public Message? Message { get; set; }

    public RetainedNode? FirstChild { get; private set; }

    public RetainedNode? Next { get; private set; }

    public RetainedNode? Child(ReadOnlySpan<char> name) =>
        _children is not null && _children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var child) ? child : null;

    public RetainedNode AddChild(string name)
    {
        var child = new RetainedNode(name, this) { Next = FirstChild };
        (_children ??= new Dictionary<string, RetainedNode>(StringComparer.Ordinal)).Add(name, child);
        if (FirstChild is not null)
            FirstChild._previous = child;
        FirstChild = child;
        return child;
    }

    public void RemoveChild(RetainedNode child)
    {
        _children!.Remove(child.Level);
        if (_children.Count == 0)
            _children = null;
        if (child._previous is { } previous)
            previous.Next = child.Next;
        else
            FirstChild = child.Next;
        if (child.Next is { } next)
            next._previous = child._previous;
    }
}
