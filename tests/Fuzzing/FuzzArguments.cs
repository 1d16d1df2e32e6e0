using System.Globalization;

namespace Starling.Fuzzing;

/// <summary>What the command line asks for.</summary>
public sealed record FuzzArguments
{
    public const string Usage = """
        Fuzzing decoder|broker [--seed N] [--from N] [--cases N] [--hours H] [--port N]
          decoder      packets against the decoder alone
          broker       client sessions against a broker, in this process or, with --port, at a port of this machine
                       (an anonymous client there has to be allowed everything)
          --seed N     another seed, other cases (1)
          --from N     first case (0)
          --cases N    how many (100000, or 5000 sessions); with --hours as many as there is time for
        """;

    public required string Mode { get; init; }

    public int Seed { get; init; } = 1;

    public long From { get; init; }

    public long Cases { get; init; } = long.MaxValue;

    public TimeSpan Time { get; init; } = Timeout.InfiniteTimeSpan;

    public int? Port { get; init; }

    /// <summary>Null when they make no sense.</summary>
    public static FuzzArguments? Parse(string[] arguments)
    {
        if (arguments.Length % 2 == 0 || arguments[0] is not ("decoder" or "broker"))
            return null;
        var parsed = new FuzzArguments { Mode = arguments[0], Cases = -1 };
        for (var i = 1; i < arguments.Length; i += 2)
        {
            if (!double.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out var value))
                return null;
            switch (arguments[i])
            {
                case "--seed": parsed = parsed with { Seed = (int)value }; break;
                case "--from": parsed = parsed with { From = (long)value }; break;
                case "--cases": parsed = parsed with { Cases = (long)value }; break;
                case "--hours": parsed = parsed with { Time = TimeSpan.FromHours(value) }; break;
                case "--port": parsed = parsed with { Port = (int)value }; break;
                default: return null;
            }
        }
        if (parsed.Cases >= 0)
            return parsed;
        return parsed with { Cases = parsed.Time != Timeout.InfiniteTimeSpan ? long.MaxValue : parsed.Mode == "decoder" ? 100_000 : 5_000 };
    }
}
