namespace Starling.Durability;

internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The checker runs in bin/CONFIGURATION/FRAMEWORK of a project, and the broker was built beside it in the same way.</summary>
    public static string Broker
    {
        get
        {
            var framework = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(Root, "Edge", "bin", framework.Parent!.Name, framework.Name, "Starling.Edge.dll");
        }
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Cluster.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("Cluster.sln is in no folder above " + AppContext.BaseDirectory);
        return folder;
    }
}
