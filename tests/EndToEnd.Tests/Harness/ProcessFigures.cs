using System.Globalization;

namespace Starling.EndToEnd.Tests.Harness;

/// <summary>What a process takes of the machine, as <c>/proc</c> tells.</summary>
internal sealed class ProcessFigures(int processId)
{
    /// <summary>Clock ticks per second in /proc, the same on every Linux.</summary>
    private const double Ticks = 100;

    /// <summary>Resident memory in MiB, now.</summary>
    public double ResidentMiB => Status("VmRSS:");

    /// <summary>Resident memory in MiB, at its most since the start or the last <see cref="ForgetPeak"/>.</summary>
    public double PeakMiB => Status("VmHWM:");

    public TimeSpan ProcessorTime
    {
        get
        {
            // Behind the name, which may hold spaces: state is field 3, utime 14, stime 15.
            var text = File.ReadAllText($"/proc/{processId}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return TimeSpan.FromSeconds((long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / Ticks);
        }
    }

    public void ForgetPeak() => File.WriteAllText($"/proc/{processId}/clear_refs", "5");

    private double Status(string name)
    {
        var line = File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024.0;
    }
}
