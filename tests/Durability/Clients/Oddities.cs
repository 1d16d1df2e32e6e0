using System.Collections.Concurrent;

namespace Starling.Durability.Clients;

/// <summary>What clients saw that a correct broker does not do, and what they met and got over.</summary>
internal sealed class Oddities
{
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly ConcurrentDictionary<string, int> _events = new();

    public void Violation(string client, string what) => _violations.Enqueue($"{client}: {what}");

    public void Event(string what) => _events.AddOrUpdate(what, 1, static (_, count) => count + 1);

    public IReadOnlyList<string> TakeViolations()
    {
        var taken = new List<string>();
        while (_violations.TryDequeue(out var violation))
            taken.Add(violation);
        return taken;
    }

    /// <summary>Events and how often they came since the last call.</summary>
    public IReadOnlyList<string> TakeEvents()
    {
        var taken = _events.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}: {entry.Value}").ToList();
        _events.Clear();
        return taken;
    }
}
