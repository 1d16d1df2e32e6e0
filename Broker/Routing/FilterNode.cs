namespace Starling.Broker.Routing;

/// <summary>
/// One level of the wildcard filters. Most have one child: a table is made for the second one only, since an empty table costs more than
/// everything else here.
/// </summary>
internal sealed class FilterNode<T> where T : class, IFilterEntry
{
    private Dictionary<string, FilterNode<T>>? _children;
    private FilterNode<T>? _only;
    private string _level = "";

    public FilterNode<T>? Parent { get; private set; }

    public FilterNode<T>? Plus { get; private set; }

    /// <summary>Entries of the filter that ends at this level.</summary>
    public FilterEntries<T>? Here { get; set; }

    /// <summary>Entries of the filter that ends with <c>#</c> behind this level.</summary>
    public FilterEntries<T>? Below { get; set; }

    public bool IsEmpty => Here is null && Below is null && Plus is null && _only is null && _children is null;

    public FilterNode<T>? Child(ReadOnlySpan<char> level)
    {
        if (_only is { } only)
            return level.SequenceEqual(only._level) ? only : null;
        return _children is not null && _children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out var child) ? child : null;
    }

    public FilterNode<T> AddChild(string level)
    {
        var child = new FilterNode<T> { Parent = this, _level = level };
        if (level == "+")
            Plus = child;
        else if (_children is not null)
            _children.Add(level, child);
        else if (_only is null)
            _only = child;
        else
        {
            _children = new Dictionary<string, FilterNode<T>>(StringComparer.Ordinal) { [_only._level] = _only, [level] = child };
            _only = null;
        }

        return child;
    }

    public void RemoveChild(FilterNode<T> child)
    {
        if (child == Plus)
            Plus = null;
        else if (child == _only)
            _only = null;
        else
        {
            _children!.Remove(child._level);
            if (_children.Count == 1)
            {
                _only = _children.Values.First();
                _children = null;
            }
        }
    }
}
