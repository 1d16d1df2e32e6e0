using Starling.Edge.Configuration;

namespace Starling.Edge.Hosting;

/// <summary>What the process was called with.</summary>
/// <param name="ConfigurationFile">Null for the development defaults.</param>
/// <param name="Overrides">Of <c>--set</c>, in their order.</param>
/// <param name="Help">Only say how to call it.</param>
/// <param name="Version">Only say which version it is.</param>
internal sealed record Arguments(string? ConfigurationFile, IReadOnlyList<SettingOverride> Overrides, bool Help, bool Version)
{
    public const string HelpText = """
        Starling, an MQTT broker.

        Usage: Starling.Edge [options]

          --config FILE         Settings, a JSON file (docs/configuration.md). Without it: development
                                defaults on loopback, tenant, user and password "demo".
          --set SETTING=VALUE   One setting, such as --set listeners.0.port=1884. Can be repeated.
          --version             Print the version.
          --help                Print this.

        Settings can also come from the environment: STARLING__LIMITS__CONNECT_TIMEOUT=5s.
        Later wins: file, environment, --set.

        Exit codes: 0 stopped when asked to, 1 cannot run, 2 wrong setting or option.

        """;

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
