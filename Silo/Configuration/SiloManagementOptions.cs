using Starling.Hosting.Configuration;

namespace Starling.Silo.Configuration;

/// <inheritdoc cref="ManagementOptions"/>
/// <remarks>The port is another than an edge's, so that both can be on one machine.</remarks>
public sealed record SiloManagementOptions
{
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>0 takes any free port.</summary>
    public int Port { get; init; } = 8081;

    /// <inheritdoc cref="ManagementOptions.AllowedHosts"/>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    internal ManagementOptions ForServer() => new() { Address = Address, Port = Port, AllowedHosts = AllowedHosts };
}
