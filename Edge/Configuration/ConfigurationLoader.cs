using System.Text;
using Starling.Hosting.Configuration;

namespace Starling.Edge.Configuration;

/// <summary>Reads and checks the settings: the file, or the development defaults, with overrides on top.</summary>
public static class ConfigurationLoader
{
    /// <param name="file">A JSON file, or null for <see cref="DevelopmentDefaults"/>.</param>
    /// <param name="overrides">Later ones win.</param>
    /// <exception cref="SettingException">With its origin, for one line on stderr.</exception>
    public static (EdgeOptions Options, SettingOrigins Origins) Load(string? file, IEnumerable<SettingOverride> overrides)
    {
        var json = file is null ? Encoding.UTF8.GetBytes(DevelopmentDefaults.Json) : SettingsReader<EdgeOptions>.ReadFile(file);
        var (options, origins) = SettingsReader<EdgeOptions>.Read(file ?? "built-in defaults", json, overrides);
        options = options with
        {
            BaseDirectory = file is null ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(file))!,
        };
        if (OptionsValidator.FirstError(options) is { } error)
            throw new SettingException(error.Setting, error.Problem) { Origin = origins.Of(error.Setting) };
        return (options, origins);
    }
}
