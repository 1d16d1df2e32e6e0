using System.Diagnostics;

namespace Starling.LoadGenerator.Statistics;

/// <summary>The monotonic clock, in nanoseconds since some moment in the past.</summary>
internal static class Clock
{
    private static readonly double PerTick = 1e9 / Stopwatch.Frequency;

    public static long Now => PerTick == 1 ? Stopwatch.GetTimestamp() : (long)(Stopwatch.GetTimestamp() * PerTick);

    public static double SecondsSince(long then) => (Now - then) / 1e9;
}
