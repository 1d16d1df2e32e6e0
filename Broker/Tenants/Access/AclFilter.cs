namespace Starling.Broker.Tenants.Access;

/// <summary>
/// A topic filter split into levels, for matching and for comparing the sets of topics of two filters. As everywhere in MQTT a wildcard
/// in the first level does not stand for a level that begins with <c>$</c> [MQTT-4.7.2-1].
/// </summary>
internal sealed class AclFilter(string[] levels)
{
    private readonly string[] _levels = levels;

    public AclFilter(string filter)
        : this(filter.Split('/'))
    {
    }

    public bool Matches(ReadOnlySpan<char> topic)
    {
        var hidden = topic is ['$', ..];
        for (var i = 0; ; i++)
        {
            if (i == _levels.Length)
                return false;
            var level = _levels[i];
            if (level == "#")
                return i > 0 || !hidden;
            var end = topic.IndexOf('/');
            var name = end < 0 ? topic : topic[..end];
            if (level == "+" ? i == 0 && hidden : !name.SequenceEqual(level))
                return false;
            if (end < 0)
                return i + 1 == _levels.Length || (i + 2 == _levels.Length && _levels[i + 1] == "#");
            topic = topic[(end + 1)..];
        }
    }

    /// <summary>True when every topic that matches <paramref name="other"/> matches this filter too.</summary>
    public bool Covers(AclFilter other)
    {
        for (var i = 0; ; i++)
        {
            if (i == _levels.Length)
                return i == other._levels.Length;
            if (_levels[i] == "#")
                return i > 0 || !other.IsHidden;
            if (i == other._levels.Length || other._levels[i] == "#")
                return false;
            if (_levels[i] == "+" ? i == 0 && other.IsHidden : _levels[i] != other._levels[i])
                return false;
        }
    }

    /// <summary>True when some topic matches both filters.</summary>
    public bool Intersects(AclFilter other)
    {
        for (var i = 0; ; i++)
        {
            var mine = i < _levels.Length ? _levels[i] : null;
            var theirs = i < other._levels.Length ? other._levels[i] : null;
            if (i == 0 && ((IsHidden && theirs is "#" or "+") || (other.IsHidden && mine is "#" or "+")))
                return false;
            if (mine == "#" || theirs == "#")
                return true;
            if (mine is null || theirs is null)
                return mine == theirs;
            if (mine != theirs && mine != "+" && theirs != "+")
                return false;
        }
    }

    private bool IsHidden => _levels[0].StartsWith('$');
}
