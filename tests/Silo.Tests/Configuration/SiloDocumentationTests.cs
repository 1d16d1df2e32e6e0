using System.Text.Json;
using Starling.EndToEnd.Tests.Harness;
using Starling.Hosting.Configuration;
using Starling.Silo.Configuration;

namespace Starling.Silo.Tests.Configuration;

public class SiloDocumentationTests
{
    private static readonly string[][] Documented =
    [
        .. File.ReadLines(Path.Combine(Installation.Root, "docs", "configuration.md"))
            .SkipWhile(line => line != "## Settings of a silo").Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)),
    ];

    [Fact]
    public void Every_setting_of_a_silo_is_in_the_documentation_and_nothing_else() =>
        Documented.Select(row => row[0].Trim('`')).Order().ShouldBe(new SettingSchema(typeof(SiloOptions)).All().Select(setting => setting.Path).Order());

    [Theory]
    [MemberData(nameof(Defaults))]
    public void The_documented_default_is_the_one_that_holds(string setting, string text)
    {
        string[] others = ["storage.connectionString=Host=db;Database=starling;Username=starling", "tenantsFile=tenants.json"];

        Load([.. others, $"{setting}={text.Trim('`', '"')}"]).ShouldBe(Load(others));

        // As text: records compare lists by identity.
        static string Load(string[] settings) =>
            JsonSerializer.Serialize(SiloOptionsLoader.Load(null, settings.Select(SettingOverride.FromArgument)).Options);
    }

    public static TheoryData<string, string> Defaults() => new(
        Documented.Where(row => row[3] is not ("" or "required" or "as below" or "null")).Select(row => (row[0].Trim('`'), row[3])));
}
