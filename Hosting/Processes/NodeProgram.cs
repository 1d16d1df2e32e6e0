using System.Collections;
using System.Reflection;
using Starling.Broker.Tenants.Files;
using Starling.Hosting.Configuration;

namespace Starling.Hosting.Processes;

/// <summary>A node's process from its arguments to its exit code.</summary>
/// <param name="output">For help, version and the welcome.</param>
/// <param name="error">For the one line that says why it does not run.</param>
internal abstract class NodeProgram<TOptions>(TextWriter output, TextWriter error)
{
    private volatile INode? _running;

    protected abstract NodeCommandLine CommandLine { get; }

    /// <exception cref="SettingException">A setting is wrong.</exception>
    protected abstract (TOptions Options, SettingOrigins Origins) Load(string? file, IReadOnlyList<SettingOverride> overrides);

    /// <summary>Returns when it runs.</summary>
    protected abstract Task<INode> StartAsync(TOptions options, CancellationToken giveUp);

    /// <summary>Printed when the process was started without a configuration.</summary>
    protected virtual string Welcome(TOptions options, INode node) => "";

    /// <summary>SIGHUP. Does nothing before the node has started, which reads everything anyway.</summary>
    public void ReloadFiles() => _running?.ReloadFiles();

    /// <param name="stop">Completes when the process is to stop, even before it has started.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> args, Task stop)
    {
        SettingOrigins? origins = null;
        OpenFiles.RaiseLimit();
        try
        {
            var arguments = CommandLine.Parse(args);
            if (arguments.Help || arguments.Version)
            {
                await output.WriteAsync(arguments.Help ? CommandLine.Help() : Version + "\n");
                return ExitCode.Stopped;
            }

            (var options, origins) = Load(
                arguments.ConfigurationFile, [.. SettingOverride.FromEnvironment(Environment), .. arguments.Overrides]);
            await using var node = await StartAsync(options, stop);
            _running = node;
            if (arguments.ConfigurationFile is null)
                await output.WriteAsync(Welcome(options, node));
            await Task.WhenAny(stop, node.Lost);
            await node.StopAsync();
            return node.Lost.IsCompleted ? await FailAsync(ExitCode.CannotRun, await node.Lost) : ExitCode.Stopped;
        }
        catch (SettingException e)
        {
            var setting = e.Setting.Length == 0 ? "" : e.Setting + ": ";
            return await FailAsync(ExitCode.WrongSetting, $"{e.Origin ?? origins?.Of(e.Setting)}: {setting}{e.Problem}");
        }
        catch (OperationCanceledException) when (stop.IsCompleted)
        {
            return ExitCode.Stopped;
        }
        catch (TenantsFileException e)
        {
            return await FailAsync(ExitCode.WrongSetting, [.. e.Errors.Select(mistake => mistake.ToString())]);
        }
        catch (Exception e)
        {
            return await FailAsync(ExitCode.CannotRun, e.Message);
        }
    }

    /// <summary>A start can wait for a database, or for other nodes; it is cancelled when the process is told to stop.</summary>
    private async Task<INode> StartAsync(TOptions options, Task stop)
    {
        using var giveUp = new CancellationTokenSource();
        var start = StartAsync(options, giveUp.Token);
        if (await Task.WhenAny(start, stop) == stop)
            await giveUp.CancelAsync();
        return await start;
    }

    private async Task<int> FailAsync(int exitCode, params string[] problems)
    {
        foreach (var problem in problems)
            await error.WriteLineAsync("starling: " + problem.ReplaceLineEndings(" "));
        return exitCode;
    }

    private static string Version =>
        typeof(NodeProgram<TOptions>).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static IEnumerable<KeyValuePair<string, string>> Environment =>
        from DictionaryEntry variable in System.Environment.GetEnvironmentVariables()
        select KeyValuePair.Create((string)variable.Key, (string?)variable.Value ?? "");
}
