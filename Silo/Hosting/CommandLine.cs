using System.Collections;
using System.Reflection;
using Starling.Broker.Tenants.Files;
using Starling.Hosting.Configuration;
using Starling.Hosting.Processes;
using Starling.Silo.Configuration;

namespace Starling.Silo.Hosting;

/// <summary>The process from its arguments to its exit code.</summary>
/// <param name="output">For help and version.</param>
/// <param name="error">For the one line that says why it does not run.</param>
public sealed class CommandLine(TextWriter output, TextWriter error)
{
    public const int Stopped = 0;
    public const int CannotRun = 1;
    public const int WrongSetting = 2;

    private const string HelpText = """
        Starling, an MQTT broker: a silo of a cluster, which hosts sessions and topics.

        Usage: Starling.Silo [options]

          --config FILE         Settings, a JSON file (docs/cluster.md).
          --set SETTING=VALUE   One setting, such as --set cluster.siloPort=11112. Can be repeated.
          --version             Print the version.
          --help                Print this.

        Settings can also come from the environment: STARLING__CLUSTER__SILO_PORT=11112.
        Later wins: file, environment, --set.

        Exit codes: 0 stopped when asked to, 1 cannot run, 2 wrong setting or option.

        """;

    /// <param name="args">As given to the process.</param>
    /// <param name="stop">Ends when the process is to stop.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> args, Task stop)
    {
        SettingOrigins? origins = null;
        try
        {
            var arguments = Arguments.Parse(args);
            if (arguments.Help || arguments.Version)
            {
                await output.WriteAsync(arguments.Help ? HelpText : Version + "\n");
                return Stopped;
            }

            SiloOptions options;
            (options, origins) = SiloOptionsLoader.Load(
                arguments.ConfigurationFile, [.. SettingOverride.FromEnvironment(Environment), .. arguments.Overrides]);
            await using var host = await StartAsync(options, stop);
            await stop;
            await host.StopAsync();
            return Stopped;
        }
        catch (SettingException e)
        {
            var setting = e.Setting.Length == 0 ? "" : e.Setting + ": ";
            await error.WriteLineAsync(OneLine($"{e.Origin ?? origins?.Of(e.Setting)}: {setting}{e.Problem}"));
            return WrongSetting;
        }
        catch (OperationCanceledException) when (stop.IsCompleted)
        {
            return Stopped;
        }
        catch (TenantsFileException e)
        {
            foreach (var mistake in e.Errors)
                await error.WriteLineAsync(OneLine(mistake.ToString()));
            return WrongSetting;
        }
        catch (Exception e)
        {
            await error.WriteLineAsync(OneLine(e.Message));
            return CannotRun;
        }
    }

    /// <summary>A start can wait for a database, or for the other silos; whoever is told to stop meanwhile gives up.</summary>
    private static async Task<SiloHost> StartAsync(SiloOptions options, Task stop)
    {
        using var giveUp = new CancellationTokenSource();
        var start = SiloHost.StartAsync(options, giveUp.Token);
        if (!stop.IsCompleted && await Task.WhenAny(start, stop) == stop)
            await giveUp.CancelAsync();
        return await start;
    }

    private static string Version =>
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static IEnumerable<KeyValuePair<string, string>> Environment =>
        from DictionaryEntry variable in System.Environment.GetEnvironmentVariables()
        select KeyValuePair.Create((string)variable.Key, (string?)variable.Value ?? "");

    private static string OneLine(string text) => "starling: " + text.ReplaceLineEndings(" ");
}
