using System.Runtime.InteropServices;

namespace Starling.LoadGenerator.Results;

/// <summary>What the numbers were measured on.</summary>
internal sealed record MachineFacts(int Cores, string Processor, long MemoryBytes, string Kernel, string Runtime)
{
    public static MachineFacts Read() => new(
        Environment.ProcessorCount,
        Line("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    private static string? Line(string file, string name) =>
        File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[^1].Trim()
            : null;
}

/// <summary>How it was measured.</summary>
internal sealed record RunFacts(DateTimeOffset Started, int MqttVersion, double WarmUpSeconds, double Seconds, int Threads, double LoadAverage);
