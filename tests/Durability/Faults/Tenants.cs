namespace Starling.Durability.Faults;

/// <summary>The one tenant that every run has.</summary>
internal static class Tenants
{
    public const string File = "tenants.json";

    public static void Write(string folder) => System.IO.File.WriteAllText(
        Path.Combine(folder, File), """{ "tenants": { "demo": { "anonymous": { "acl": [{ "allow": "all", "filter": "#" }] } } } }""");
}
