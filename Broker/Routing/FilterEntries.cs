namespace Starling.Broker.Routing;

/// <summary>What is kept in a <see cref="FilterIndex{T}"/>: it remembers its place, so that leaving costs the same in a crowd.</summary>
public interface IFilterEntry
{
    int Position { get; set; }
}

/// <summary>The entries of one filter, in no particular order.</summary>
internal sealed class FilterEntries<T> where T : class, IFilterEntry
{
    private readonly List<T> _items = new(1);

    public IReadOnlyList<T> Items => _items;

    public void Add(T entry)
    {
        entry.Position = _items.Count;
        _items.Add(entry);
    }

    public bool Remove(T entry)
    {
        var position = entry.Position;
        if (position >= _items.Count || !ReferenceEquals(_items[position], entry))
            return false;
        var last = _items[^1];
        _items[position] = last;
        last.Position = position;
        _items.RemoveAt(_items.Count - 1);
        return true;
    }
}
