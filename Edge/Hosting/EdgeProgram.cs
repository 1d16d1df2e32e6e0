using Microsoft.Extensions.DependencyInjection;
using Starling.Edge.Configuration;
using Starling.Hosting.Configuration;
using Starling.Hosting.Processes;

namespace Starling.Edge.Hosting;

/// <summary>A broker of its own, or an edge of a cluster.</summary>
/// <param name="output">For help, version and the welcome.</param>
/// <param name="error">For the one line that says why it does not run.</param>
/// <param name="addServices">Adds the client handler and what it needs.</param>
internal sealed class EdgeProgram(TextWriter output, TextWriter error, Action<EdgeOptions, IServiceCollection> addServices)
    : NodeProgram<EdgeOptions>(output, error)
{
    protected override NodeCommandLine CommandLine { get; } = new(
        "Starling, an MQTT broker.",
        "Settings, a JSON file (docs/configuration.md). Without it: development defaults on loopback, tenant, user and password \"demo\".",
        "listeners.0.port=1884");

    protected override (EdgeOptions Options, SettingOrigins Origins) Load(string? file, IReadOnlyList<SettingOverride> overrides) =>
        ConfigurationLoader.Load(file, overrides);

    protected override async Task<INode> StartAsync(EdgeOptions options, CancellationToken giveUp)
    {
        if (options.Cluster is not null)
            ThreadPoolSpinning.TurnOff();
        return await EdgeHost.StartAsync(options, services => addServices(options, services), cancellation: giveUp);
    }

    protected override string Welcome(EdgeOptions options, INode node) =>
        options.Cluster is null ? Hosting.Welcome.Text(options, (EdgeHost)node) : "";
}
