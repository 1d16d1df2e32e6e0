using System.Globalization;
using System.Reflection;

namespace Starling.Storage.PostgreSql;

/// <summary>One step of the schema.</summary>
/// <param name="Version">1 for the first.</param>
/// <param name="Name">As its file is called, without <c>.sql</c>.</param>
internal sealed record Migration(int Version, string Name, string Sql)
{
    /// <summary>Those in this assembly, in order.</summary>
    public static IReadOnlyList<Migration> All()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return
        [
            .. from resource in assembly.GetManifestResourceNames()
               where resource.EndsWith(".sql", StringComparison.Ordinal)
               let version = int.Parse(resource.AsSpan(0, 4), CultureInfo.InvariantCulture)
               orderby version
               select new Migration(version, resource[..^4], Read(assembly, resource)),
        ];
    }

    private static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
