namespace Starling.Hosting.Configuration;

/// <summary>A setting is wrong. The process says so in one line and does not start.</summary>
/// <param name="setting">Its path, such as <c>listeners[0].port</c>; empty for the file as a whole.</param>
/// <param name="problem">What is wrong and what was expected.</param>
public sealed class SettingException(string setting, string problem) : Exception($"{setting}: {problem}")
{
    public string Setting { get; } = setting;

    public string Problem { get; } = problem;

    /// <summary>Where the setting was given, such as <c>starling.json:12</c>, when the thrower knows.</summary>
    public string? Origin { get; init; }
}
