namespace Starling.Fuzzing.Sessions;

/// <summary>Section 4.7 and 4.8.2 once more, level by level and slowly.</summary>
internal static class FilterMatch
{
    public static bool Matches(string filter, string topic)
    {
        if (filter.StartsWith("$share/", StringComparison.Ordinal))
            filter = string.Join('/', filter.Split('/').Skip(2));
        var (levels, names) = (filter.Split('/'), topic.Split('/'));
        if (topic.StartsWith('$') && levels[0] is "#" or "+")
            return false;
        for (var i = 0; i < levels.Length; i++)
        {
            if (levels[i] == "#")
                return true;
            if (i >= names.Length || (levels[i] != "+" && levels[i] != names[i]))
                return false;
        }
        return levels.Length == names.Length;
    }
}
