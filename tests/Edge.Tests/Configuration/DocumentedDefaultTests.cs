using System.Text.Json;
using Starling.Edge.Configuration;
using Starling.Hosting.Configuration;

namespace Starling.Edge.Tests.Configuration;

/// <summary>The column "default" of docs/configuration.md.</summary>
public class DocumentedDefaultTests
{
    private static readonly string[] InWords = ["", "–", "none", "null", "required", "as below", "type and port, `tcp-1883`"];

    [Theory]
    [MemberData(nameof(Defaults))]
    public void The_documented_default_is_the_one_that_holds(string setting, string text)
    {
        // A setting of a list is one of its first item; each group that may be null is there, with what it requires.
        string[] others =
        [
            """listeners=[{ "type": "wss", "port": 1, "tls": { "certificates": [{ "file": "a.pem" }] } }]""",
            "storage.connectionString=Host=db;Database=starling;Username=starling",
            "cluster={}",
            "tenantsFile=tenants.json",
        ];
        var given = $"{setting.Replace("[]", ".0", StringComparison.Ordinal)}={text.Trim('`', '"')}";

        if (setting == "listeners[].tls.certificates")
            Should.Throw<SettingException>(() => Load([.. others, given])).Problem.ShouldContain("certificate"); // the default, none, is refused
        else
            Load([.. others, given]).ShouldBe(Load(others));

        static string Load(IEnumerable<string> settings) =>
            JsonSerializer.Serialize(ConfigurationLoader.Load(null, settings.Select(SettingOverride.FromArgument)).Options);
    }

    public static TheoryData<string, string> Defaults() => new(
        Rows().Where(row => !InWords.Contains(row[3])).Select(row => (row[0].Trim('`'), row[3])));

    private static IEnumerable<string[]> Rows()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "Cluster.sln")))
            root = root.Parent;
        return File.ReadLines(Path.Combine(root.FullName, "docs", "configuration.md"))
            .SkipWhile(line => line != "## Settings").Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries));
    }
}
