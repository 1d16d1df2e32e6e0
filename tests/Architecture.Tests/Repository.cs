using System.Reflection;

namespace Starling.Architecture.Tests;

/// <summary>The projects of the program: their sources and the assemblies that were built from them.</summary>
internal static class Repository
{
    public static IReadOnlyList<string> Projects { get; } =
        ["Protocol", "Broker", "Cluster", "Storage", "Hosting", "Grains.Interfaces", "Grains", "Silo", "Edge", "Cli"];

    public static string Root { get; } = FindRoot();

    /// <summary>The project's assembly, of the configuration that this test was built in.</summary>
    public static string AssemblyOf(string project)
    {
        var name = project == "Cli" ? "starling" : $"Starling.{project}";
        var configuration = typeof(Repository).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        return Path.Combine(Root, project, "bin", configuration, "net10.0", $"{name}.dll");
    }

    /// <summary>The project's C# files, without what the build generates.</summary>
    public static IEnumerable<SourceFile> SourcesOf(string project) =>
        from path in Directory.EnumerateFiles(Path.Combine(Root, project), "*.cs", SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Root, path).Replace('\\', '/')
        where !relative.Contains("/obj/", StringComparison.Ordinal) && !relative.Contains("/bin/", StringComparison.Ordinal)
        select new SourceFile(relative, File.ReadAllText(path));

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Cluster.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("Cluster.sln is in no folder above " + AppContext.BaseDirectory);
        return folder;
    }
}

/// <param name="Path">From the root of the repository.</param>
internal sealed record SourceFile(string Path, string Text);
