using System.Collections;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Tenants.Files;
using Starling.Edge.Configuration;

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
                await output.WriteAsync(arguments.Help ? Arguments.HelpText : Version + "\n");
                return Stopped;
            }
            EdgeOptions options;
            (options, origins) = ConfigurationLoader.Load(
                arguments.ConfigurationFile, [.. SettingOverride.FromEnvironment(Environment), .. arguments.Overrides]);
            await using var host = await StartAsync(options, stop);
            if (arguments.ConfigurationFile is null)
                await output.WriteAsync(Welcome.Text(options, host.Endpoints, host.ManagementEndpoint));
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

    /// <summary>A start can wait for a database; whoever is told to stop meanwhile gives up.</summary>
    private async Task<StandaloneHost> StartAsync(EdgeOptions options, Task stop)
    {
        using var giveUp = new CancellationTokenSource();
        var start = StandaloneHost.StartAsync(options, services => addServices(options, services), cancellation: giveUp.Token);
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
