namespace Starling.Broker.Tests.Routing;

/// <summary>Names and filters from few levels, empty ones and such that begin with <c>$</c> among them, so that they often meet.</summary>
internal static class RandomTopics
{
    private static readonly string[] Levels = ["a", "b", "", "$x", "ä"];

    public static string Name(Random random)
    {
        while (true)
        {
            var name = string.Join('/', Enumerable.Range(0, random.Next(1, 5)).Select(_ => Levels[random.Next(Levels.Length)]));
            if (name.Length > 0)
                return name;
        }
    }

    public static string Filter(Random random)
    {
        var levels = Name(random).Split('/');
        for (var i = 0; i < levels.Length; i++)
        {
            if (random.Next(3) == 0)
                levels[i] = "+";
        }

        var filter = string.Join('/', levels);
        return random.Next(4) switch
        {
            0 => filter + "/#",
            1 when random.Next(4) == 0 => "#",
            _ => filter,
        };
    }
}
