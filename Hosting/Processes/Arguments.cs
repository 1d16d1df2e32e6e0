using Starling.Hosting.Configuration;

namespace Starling.Hosting.Processes;

/// <summary>What the process was called with.</summary>
/// <param name="ConfigurationFile">Null for the development defaults.</param>
/// <param name="Overrides">Of <c>--set</c>, in their order.</param>
/// <param name="Help">Only say how to call it.</param>
/// <param name="Version">Only say which version it is.</param>
internal sealed record Arguments(string? ConfigurationFile, IReadOnlyList<SettingOverride> Overrides, bool Help, bool Version)
{
    /// <exception cref="SettingException">An option is wrong.</exception>
    public static Arguments Parse(IReadOnlyList<string> args)
    {
        var parsed = new Arguments(null, [], false, false);
        for (var i = 0; i < args.Count; i++)
        {
            var equals = args[i].StartsWith("--", StringComparison.Ordinal) ? args[i].IndexOf('=', StringComparison.Ordinal) : -1;
            var (option, value) = equals > 0 ? (args[i][..equals], args[i][(equals + 1)..]) : (args[i], null);
            string Value() => value ?? (i + 1 < args.Count ? args[++i] : throw Wrong(option, "expected a value after it"));
            parsed = option switch
            {
                "--config" or "-c" => parsed with { ConfigurationFile = Value() },
                "--set" => parsed with { Overrides = [.. parsed.Overrides, SettingOverride.FromArgument(Value())] },
                "--help" or "-h" when value is null => parsed with { Help = true },
                "--version" when value is null => parsed with { Version = true },
                _ => throw Wrong(option, "there is no such option; see --help"),
            };
        }
        return parsed;
    }

    private static SettingException Wrong(string option, string problem) => new(option, problem) { Origin = "command line" };
}
