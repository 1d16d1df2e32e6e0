using Starling.LoadGenerator.Statistics;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>What the broker and the generator use while something is measured.</summary>
internal sealed class Measurement(int? pid)
{
    private readonly long _start = Clock.Now;
    private readonly ProcessUse? _broker = Use(pid);
    private readonly TimeSpan _own = Environment.CpuUsage.TotalTime;

    public double Seconds => Clock.SecondsSince(_start);

    public double? BrokerCpuSeconds => Use(pid)?.CpuSeconds - _broker?.CpuSeconds;

    /// <summary>Growth of the broker's memory.</summary>
    public long? BrokerBytes => Use(pid)?.ResidentBytes - _broker?.ResidentBytes;

    public double GeneratorCores => (Environment.CpuUsage.TotalTime - _own).TotalSeconds / Seconds;

    public static ProcessUse? Use(int? pid) => pid is { } known ? ProcessUse.Of(known) : null;
}
