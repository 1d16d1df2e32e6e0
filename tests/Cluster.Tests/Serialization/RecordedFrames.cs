using System.Runtime.CompilerServices;
using System.Text;

namespace Starling.Cluster.Tests.Serialization;

/// <summary>
/// What versions of the program have sent to each other, in <c>Frames/VERSION/NAME.hex</c>. They are never changed: a later version must read them.
/// </summary>
internal static class RecordedFrames
{
    /// <summary>The version that <see cref="Samples"/> and <see cref="SampleCalls"/> are recorded for.</summary>
    public const string Current = "0.1";

    private const string RecordVariable = "STARLING_RECORD_FRAMES";

    private const int BytesPerLine = 64;

    private static string Folder { get; } = Path.Combine(Path.GetDirectoryName(ThisFile())!, "Frames");

    public static IEnumerable<string> Versions => Directory.GetDirectories(Folder).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    public static IEnumerable<string> Names(string version) =>
        Directory.GetFiles(Path.Combine(Folder, version), "*.hex").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    /// <summary>The frame of this name; one that is new is recorded first, if the environment variable STARLING_RECORD_FRAMES says so.</summary>
    /// <param name="name">Of a sample.</param>
    /// <param name="bytes">What this version sends.</param>
    public static byte[] ReadOrRecord(string name, byte[] bytes)
    {
        var path = PathOf(Current, name);
        if (!File.Exists(path) && Environment.GetEnvironmentVariable(RecordVariable) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, Lines(bytes));
        }

        File.Exists(path).ShouldBeTrue($"There is no recorded frame {path}. Run this test with {RecordVariable}=1 to record it, and commit the file.");
        return Read(Current, name);
    }

    public static byte[] Read(string version, string name) => Convert.FromHexString(File.ReadAllText(PathOf(version, name)).ReplaceLineEndings(""));

    private static string PathOf(string version, string name) => Path.Combine(Folder, version, name + ".hex");

    private static string Lines(byte[] bytes)
    {
        var text = new StringBuilder();
        foreach (var line in bytes.Chunk(BytesPerLine))
            text.Append(Convert.ToHexString(line)).Append('\n');
        return text.ToString();
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
