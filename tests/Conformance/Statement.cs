namespace Starling.Conformance;

/// <summary>A normative statement of a specification.</summary>
/// <param name="Id">As tests name it: MQTT-3.3.1-5 of MQTT 5.0 is <c>MQTT5-3.3.1-5</c>, that of MQTT 3.1.1 <c>MQTT311-3.3.1-5</c>.</param>
/// <param name="Text">As the specification has it.</param>
internal sealed record Statement(string Id, string Text)
{
    /// <summary>In the order of the specification.</summary>
    /// <param name="table">The name of a table of this project.</param>
    public static IReadOnlyList<Statement> Read(string table) => [.. Rows(table).Select(row => new Statement(row[0], row[1]))];

    /// <summary>The statements that need no test, with why.</summary>
    public static IReadOnlyDictionary<string, string> ReadNotBinding() => Rows("not-binding").ToDictionary(row => row[0], row => row[1]);

    private static IEnumerable<string[]> Rows(string table)
    {
        using var reader = new StreamReader(typeof(Statement).Assembly.GetManifestResourceStream(table)!);
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
            yield return line.Split('\t');
    }
}
