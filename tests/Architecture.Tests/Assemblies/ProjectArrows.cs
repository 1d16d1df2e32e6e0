namespace Starling.Architecture.Tests.Assemblies;

/// <summary>Which project may use which. Dependencies point one way.</summary>
internal static class ProjectArrows
{
    public static IReadOnlyDictionary<string, string[]> Allowed { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Protocol"] = [],
        ["Broker"] = ["Protocol"],
        ["Cluster"] = ["Broker", "Protocol"],
        ["Storage"] = ["Broker", "Protocol"],
        ["Hosting"] = ["Storage", "Broker", "Protocol"],
        ["Grains.Interfaces"] = ["Cluster", "Broker", "Protocol"],
        ["Grains"] = ["Grains.Interfaces", "Cluster", "Broker", "Protocol"],
        ["Silo"] = ["Grains", "Grains.Interfaces", "Hosting", "Storage", "Cluster", "Broker", "Protocol"],
        ["Edge"] = ["Grains.Interfaces", "Hosting", "Storage", "Cluster", "Broker", "Protocol"],
        ["Cli"] = ["Storage", "Broker", "Protocol"],
    };

    /// <summary>One text per arrow that is not allowed.</summary>
    /// <param name="references">Simple names of the assemblies that the project's assembly uses.</param>
    public static IReadOnlyList<string> Forbidden(string project, IEnumerable<string> references) =>
    [
        .. references.Select(ProjectOf).OfType<string>()
            .Where(used => !Allowed[project].Contains(used))
            .Select(used => $"{project} must not use {used}"),
    ];

    /// <returns>Null for an assembly that is not of this repository.</returns>
    private static string? ProjectOf(string assembly)
    {
        const string Prefix = "Starling.";
        if (assembly == "starling")
            return "Cli";
        return assembly.StartsWith(Prefix, StringComparison.Ordinal) ? assembly[Prefix.Length..] : null;
    }
}
