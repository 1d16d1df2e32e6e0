namespace Starling.Broker.Retained;

/// <summary>
/// One level of the retained topics. Siblings form a list to which newcomers are added in front; a node that was removed keeps its
/// link to the next one, so that a cursor that stands on it finds its way back. A node with many children has a table of them too.
/// </summary>
internal sealed class RetainedNode(string level, RetainedNode? parent)
{
    /// <summary>What a node takes in memory, without its name.</summary>
    public const int Bytes = 72;

    /// <summary>Children that are looked through one by one.</summary>
    private const int Few = 8;

    private HashSet<RetainedNode>? _table;
    private RetainedNode? _previous;

    public string Level => level;

    public RetainedNode? Parent => parent;

    /// <summary>A <see cref="RetainedValue"/>, or null.</summary>
    public object? Value { get; set; }

    public RetainedNode? FirstChild { get; private set; }

    public RetainedNode? Next { get; private set; }

    /// <summary>Levels of the topic.</summary>
    public int Depth
    {
        get
        {
            var depth = 0;
            for (var node = this; node.Parent is not null; node = node.Parent)
                depth++;
            return depth;
        }
    }

    /// <summary>The topic name, put together from the levels.</summary>
    public string Topic
    {
        get
        {
            var length = -1;
            for (var node = this; node.Parent is not null; node = node.Parent)
                length += node.Level.Length + 1;
            return string.Create(length, this, static (text, node) =>
            {
                for (var end = text.Length; node.Parent is not null; node = node.Parent)
                {
                    end -= node.Level.Length;
                    node.Level.CopyTo(text[end..]);
                    if (end > 0)
                        text[--end] = '/';
                }
            });
        }
    }

    public RetainedNode? Child(ReadOnlySpan<char> name)
    {
        if (_table is not null)
            return _table.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var found) ? found : null;
        var child = FirstChild;
        while (child is not null && !name.SequenceEqual(child.Level))
            child = child.Next;
        return child;
    }

    public RetainedNode AddChild(string name)
    {
        var child = new RetainedNode(name, this) { Next = FirstChild };
        if (FirstChild is not null)
            FirstChild._previous = child;
        FirstChild = child;
        if (_table is not null)
            _table.Add(child);
        else if (HasMoreThan(Few))
            FillTable();
        return child;
    }

    public void RemoveChild(RetainedNode child)
    {
        if (child._previous is { } previous)
            previous.Next = child.Next;
        else
            FirstChild = child.Next;
        if (child.Next is { } next)
            next._previous = child._previous;
        _table?.Remove(child);
        if (_table?.Count <= Few / 2)
            _table = null;
    }

    private bool HasMoreThan(int count)
    {
        for (var child = FirstChild; child is not null; child = child.Next)
        {
            if (count-- == 0)
                return true;
        }

        return false;
    }

    private void FillTable()
    {
        _table = new HashSet<RetainedNode>(ByLevel.Instance);
        for (var child = FirstChild; child is not null; child = child.Next)
            _table.Add(child);
    }

    private sealed class ByLevel : IEqualityComparer<RetainedNode>, IAlternateEqualityComparer<ReadOnlySpan<char>, RetainedNode>
    {
        public static readonly ByLevel Instance = new();

        public bool Equals(RetainedNode? x, RetainedNode? y) => x?.Level == y?.Level;

        public bool Equals(ReadOnlySpan<char> alternate, RetainedNode other) => alternate.SequenceEqual(other.Level);

        public int GetHashCode(RetainedNode obj) => GetHashCode(obj.Level);

        /// <summary>Seeded at random by the runtime: nobody outside can choose names that collide.</summary>
        public int GetHashCode(ReadOnlySpan<char> alternate) => string.GetHashCode(alternate);

        public RetainedNode Create(ReadOnlySpan<char> alternate) => throw new NotSupportedException("Nodes are added, not their names.");
    }
}
