namespace Starling.Testing.Processes;

/// <summary>Where the sources are, and what was built of them.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The assembly of a program. This one runs in bin/CONFIGURATION/FRAMEWORK of a project; the others were built beside it in the same way.</summary>
    public static string Program(string project)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(Root, project, "bin", framework.Parent!.Name, framework.Name, $"Starling.{project}.dll");
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Cluster.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("Cluster.sln is in no folder above " + AppContext.BaseDirectory);
        return folder;
    }
}
