using System.Collections;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Tenants.Files;
using Starling.Edge.Configuration;
using Starling.Hosting.Configuration;
using Starling.Hosting.Processes;

namespace Starling.Edge.Hosting;

/// <summary>The process from its arguments to its exit code.</summary>
/// <param name="output">For help, version and the welcome.</param>
/// <param name="error">For the one line that says why it does not run.</param>
/// <param name="addServices">Adds the client handler and what it needs.</param>
public sealed class CommandLine(TextWriter output, TextWriter error, Action<EdgeOptions, IServiceCollection> addServices)
{
    public const int Stopped = 0;
    public const int CannotRun = 1;
    public const int WrongSetting = 2;

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
            EdgeOptions options;
            (options, origins) = ConfigurationLoader.Load(
                arguments.ConfigurationFile, [.. SettingOverride.FromEnvironment(Environment), .. arguments.Overrides]);
            await using var host = await StartAsync(options, stop);
            if (arguments.ConfigurationFile is null && options.Cluster is null)
                await output.WriteAsync(Welcome.Text(options, host.Endpoints, host.ManagementEndpoint));
            var lost = StorageServices.LostAsync(host.Services);
            await Task.WhenAny(stop, lost);
            await host.StopAsync();
            if (!lost.IsCompleted)
                return Stopped;
            await error.WriteLineAsync(OneLine(await lost));
            return CannotRun;
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

    /// <summary>A start can wait for a database; whoever is told to stop meanwhile gives up.</summary>
    private async Task<StandaloneHost> StartAsync(EdgeOptions options, Task stop)
    {
        using var giveUp = new CancellationTokenSource();
        var start = StandaloneHost.StartAsync(options, services => addServices(options, services), cancellation: giveUp.Token);
        if (!stop.IsCompleted && await Task.WhenAny(start, stop) == stop)
            await giveUp.CancelAsync();
        return await start;
    }

    private const string HelpText = """
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

    private static string Version =>
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static IEnumerable<KeyValuePair<string, string>> Environment =>
        from DictionaryEntry variable in System.Environment.GetEnvironmentVariables()
        select KeyValuePair.Create((string)variable.Key, (string?)variable.Value ?? "");

    private static string OneLine(string text) => "starling: " + text.ReplaceLineEndings(" ");
}
