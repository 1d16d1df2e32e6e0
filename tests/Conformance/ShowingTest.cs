using System.Diagnostics;
using System.Text.Json;

namespace Starling.Conformance;

/// <summary>A test that names statements.</summary>
/// <param name="Project">A folder of <c>tests</c>.</param>
/// <param name="Class">Its full name without that of the project.</param>
/// <param name="Method">A sentence with underscores.</param>
/// <param name="Statements">Those of its rows together.</param>
internal sealed record ShowingTest(string Project, string Class, string Method, IReadOnlyCollection<string> Statements)
{
    private const string Trait = "Statement";

    /// <summary>Where its source is, from the root of the repository.</summary>
    public string Source => $"tests/{Project}/{Class.Replace('.', '/')}.cs";

    public string ClassName => Class[(Class.LastIndexOf('.') + 1)..];

    public string Sentence => Method.Replace('_', ' ');

    /// <summary>Asks a test program what is in it, without running a test.</summary>
    /// <param name="program">The path of its assembly.</param>
    public static IReadOnlyList<ShowingTest> In(string program)
    {
        // Rows of theories have traits of their own.
        var start = new ProcessStartInfo("dotnet", [program, "-list", "full/json", "-preEnumerateTheories", "-noColor"]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} does not list its tests: {output}");
        var assembly = Path.GetFileNameWithoutExtension(program);
        return
        [
            .. from test in JsonSerializer.Deserialize<ListedTest[]>(output)!
               group test by (test.Class, test.Method) into rows
               let statements = rows.SelectMany(row => row.Traits?.GetValueOrDefault(Trait) ?? []).ToHashSet()
               where statements.Count > 0
               select new ShowingTest(
                   assembly["Starling.".Length..], rows.Key.Class[(assembly.Length + 1)..], rows.Key.Method, statements),
        ];
    }

    private sealed record ListedTest(string Class, string Method, IReadOnlyDictionary<string, string[]>? Traits);
}
