using Starling.Hosting.Configuration;
using Starling.Hosting.Processes;
using Starling.Silo.Configuration;

namespace Starling.Silo.Hosting;

/// <summary>A silo of a cluster.</summary>
/// <param name="output">For help and version.</param>
/// <param name="error">For the one line that says why it does not run.</param>
internal sealed class SiloProgram(TextWriter output, TextWriter error) : NodeProgram<SiloOptions>(output, error)
{
    protected override NodeCommandLine CommandLine { get; } = new(
        "Starling, an MQTT broker: a silo of a cluster, which hosts sessions and topics.",
        "Settings, a JSON file (docs/cluster.md).",
        "cluster.siloPort=11112");

    protected override (SiloOptions Options, SettingOrigins Origins) Load(string? file, IReadOnlyList<SettingOverride> overrides) =>
        SiloOptionsLoader.Load(file, overrides);

    protected override async Task<INode> StartAsync(SiloOptions options, CancellationToken giveUp)
    {
        ThreadPoolSpinning.TurnOff();
        return await SiloHost.StartAsync(options, giveUp);
    }
}
