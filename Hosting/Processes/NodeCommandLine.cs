using System.CommandLine;
using System.CommandLine.Help;
using Starling.Hosting.Configuration;

namespace Starling.Hosting.Processes;

/// <summary>The command line of a node's program.</summary>
internal sealed class NodeCommandLine
{
    private const string HelpEnd = """
        Settings can also come from the environment: STARLING__LIMITS__CONNECT_TIMEOUT=5s.
        Later wins: file, environment, --set.

        Exit codes: 0 stopped when asked to, 1 cannot run, 2 wrong setting or option.

        """;

    private readonly Option<string?> _config;
    private readonly Option<string[]> _set;
    private readonly Option<bool> _version = new("--version") { Description = "Print the version." };
    private readonly HelpOption _help = new("--help", "-h") { Description = "Print this." };
    private readonly RootCommand _root;

    /// <param name="description">What the program is.</param>
    /// <param name="configuration">What the configuration file is, and what happens without one.</param>
    /// <param name="example">A setting with a value, for <c>--set</c>.</param>
    public NodeCommandLine(string description, string configuration, string example)
    {
        _config = new("--config", "-c") { Description = configuration, HelpName = "FILE" };
        _set = new("--set") { Description = $"One setting, such as --set {example}. Can be repeated.", HelpName = "SETTING=VALUE" };
        _root = new RootCommand(description);
        // Instead of those that come with it: /h, /?, and the version of the process that was started.
        _root.Options.Clear();
        _root.Directives.Clear();
        foreach (var option in new Option[] { _config, _set, _version, _help })
            _root.Options.Add(option);
    }

    /// <exception cref="SettingException">An option is wrong.</exception>
    public Arguments Parse(IReadOnlyList<string> args)
    {
        // A value is what it is: @ at its front does not name a file with more of them.
        var parsed = _root.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        if (parsed.UnmatchedTokens is [var unknown, ..])
            throw Wrong(unknown.Split('=')[0], "there is no such option; see --help");
        if (parsed.Errors is [var error, ..])
            throw Wrong("", $"{error.Message.TrimEnd('.')}; see --help");
        return new Arguments(
            parsed.GetValue(_config),
            [.. (parsed.GetValue(_set) ?? []).Select(SettingOverride.FromArgument)],
            Help: parsed.GetResult(_help) is not null,
            Version: parsed.GetValue(_version));
    }

    public string Help()
    {
        using var text = new StringWriter { NewLine = "\n" };
        _root.Parse(["--help"]).Invoke(new InvocationConfiguration { Output = text });
        return text.ToString().TrimEnd() + "\n\n" + HelpEnd;
    }

    private static SettingException Wrong(string option, string problem) => new(option, problem) { Origin = "command line" };
}
