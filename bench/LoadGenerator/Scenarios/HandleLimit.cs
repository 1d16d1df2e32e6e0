using System.Globalization;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>How many files and sockets this process may have open.</summary>
internal static class HandleLimit
{
    public static int Read()
    {
        var line = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        var soft = line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : int.MaxValue;
    }
}
