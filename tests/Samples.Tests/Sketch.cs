using System.Text.RegularExpressions;

namespace Starling.Samples.Tests;

/// <summary>The texts that an Arduino sketch declares as <c>const char* NAME = "VALUE";</c>.</summary>
internal sealed partial class Sketch
{
    private readonly Dictionary<string, string> _texts;

    private Sketch(Dictionary<string, string> texts) => _texts = texts;

    public string this[string name] => _texts[name];

    public static Sketch Read(string file) =>
        new(Declaration().Matches(File.ReadAllText(file)).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value));

    [GeneratedRegex("""const char\* (\w+) = "([^"]*)";""")]
    private static partial Regex Declaration();
}
