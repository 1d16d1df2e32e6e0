namespace Starling.Broker.Routing;

/// <summary>One level of the wildcard filters.</summary>
internal sealed class FilterNode<T> where T : class, IFilterEntry
{
    private Dictionary<string, FilterNode<T>>? _children;
    private string _level = "";

    public FilterNode<T>? Parent { get; private set; }

    public FilterNode<T>? Plus { get; private set; }

    /// <summary>Entries of the filter that ends at this level.</summary>
    public FilterEntries<T>? Here { get; set; }

    /// <summary>Entries of the filter that ends with <c>#</c> behind this level.</summary>
    public FilterEntries<T>? Below { get; set; }

    public bool IsEmpty => Here is null && Below is null && Plus is null && _children is null;

    public FilterNode<T>? Child(ReadOnlySpan<char> level) =>
        _children is not null && _children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out var child) ? child : null;

    public FilterNode<T> AddChild(string level)
    {
        var child = new FilterNode<T> { Parent = this, _level = level };
        if (level == "+")
            Plus = child;
        else
            (_children ??= new Dictionary<string, FilterNode<T>>(StringComparer.Ordinal)).Add(level, child);
        return child;
    }

    public void RemoveChild(FilterNode<T> child)
    {
        if (child == Plus)
        {
            Plus = null;
            return;
        }

        _children!.Remove(child._level);
        if (_children.Count == 0)
            _children = null;
    }
}
