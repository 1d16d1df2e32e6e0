using System.Globalization;

namespace Starling.LoadGenerator.Statistics;

/// <summary>What a process has used up to now, as /proc tells it.</summary>
/// <param name="CpuSeconds">User and system time of all its threads; the kernel counts in steps of 10 ms.</param>
/// <param name="ResidentBytes">Memory of it that is in RAM.</param>
/// <param name="EndedChildrenCpuSeconds">CPU time of its children that have ended.</param>
internal readonly record struct ProcessUse(double CpuSeconds, long ResidentBytes, double EndedChildrenCpuSeconds)
{
    public static ProcessUse operator +(ProcessUse a, ProcessUse b) => new(
        a.CpuSeconds + b.CpuSeconds, a.ResidentBytes + b.ResidentBytes, a.EndedChildrenCpuSeconds + b.EndedChildrenCpuSeconds);

    private const double TicksPerSecond = 100;

    /// <summary>Null when there is no such process, or no /proc.</summary>
    public static ProcessUse? Of(int pid)
    {
        try
        {
            return Parse(File.ReadAllText($"/proc/{pid}/stat"), Environment.SystemPageSize);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>CPU time of a process that works through children, with theirs, those that have ended as well; null when there is none.</summary>
    public static double? CpuSecondsWithChildren(int pid)
    {
        if (Of(pid) is not { } parent)
            return null;
        var children = File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return children.Select(child => Of(int.Parse(child, CultureInfo.InvariantCulture))).OfType<ProcessUse>().Append(parent)
            .Sum(use => use.CpuSeconds + use.EndedChildrenCpuSeconds);
    }

    /// <summary>Reads the text of /proc/PID/stat.</summary>
    public static ProcessUse Parse(string stat, int pageSize)
    {
        // The second field is the program's name in brackets and may itself contain blanks and brackets; the third comes after the last one.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = Number(fields[14 - 3]) + Number(fields[15 - 3]);
        var endedTicks = Number(fields[16 - 3]) + Number(fields[17 - 3]);
        return new ProcessUse(ticks / TicksPerSecond, Number(fields[24 - 3]) * pageSize, endedTicks / TicksPerSecond);
    }

    private static long Number(string field) => long.Parse(field, CultureInfo.InvariantCulture);
}
