using System.Globalization;

namespace Starling.Simulation.Time;

/// <summary>
/// What happened, as a number that differs when anything differs, and, if asked for, as lines. Two runs of a seed have the same number.
/// </summary>
public sealed class Trace(bool keepsLines = false)
{
    private readonly List<string> _lines = [];
    private ulong _hash = 14695981039346656037;
    private TimeSpan _now;

    public ulong Hash => _hash;

    public IReadOnlyList<string> Lines => _lines;

    public bool KeepsLines => keepsLines;

    public void Tick(TimeSpan now)
    {
        _now = now;
        Add((ulong)now.Ticks);
    }

    /// <param name="who">A node or a client.</param>
    /// <param name="what">What it does.</param>
    /// <param name="number">Of what it is done to.</param>
    public void Add(string who, string what, long number = 0)
    {
        Add(who);
        Add(what);
        Add((ulong)number);
        if (keepsLines)
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{_now.TotalMilliseconds,10:F2} {who,-12} {what}{(number == 0 ? "" : " ")}{(number == 0 ? "" : number)}"));
    }

    /// <summary>A line that is not part of what happened, for who reads it.</summary>
    public void Note(string who, string what)
    {
        if (keepsLines)
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{_now.TotalMilliseconds,10:F2} {who,-12} ({what})"));
    }

    private void Add(string text)
    {
        foreach (var c in text)
            Add(c);
    }

    private void Add(ulong value) => _hash = (_hash ^ value) * 1099511628211;
}
