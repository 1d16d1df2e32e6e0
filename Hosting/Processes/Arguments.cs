using Starling.Hosting.Configuration;

namespace Starling.Hosting.Processes;

/// <summary>What the process was called with.</summary>
/// <param name="ConfigurationFile">Null for the development defaults.</param>
/// <param name="Overrides">Those of <c>--set</c>, in their order.</param>
/// <param name="Help">Print the help and end.</param>
/// <param name="Version">Print the version and end.</param>
internal sealed record Arguments(string? ConfigurationFile, IReadOnlyList<SettingOverride> Overrides, bool Help, bool Version);
