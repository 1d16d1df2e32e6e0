using Starling.LoadGenerator.Database;
using Starling.LoadGenerator.Results;
using Starling.LoadGenerator.Statistics;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>What the broker, its database and the generator use while something is measured.</summary>
internal sealed class Measurement
{
    private readonly IReadOnlyList<int> _pids;
    private readonly DatabaseWatch? _watch;
    private readonly DatabaseUse? _database;
    private readonly long _start;
    private readonly ProcessUse? _broker;
    private readonly TimeSpan _own;
    private readonly Uri? _metrics;
    private readonly GcPauseCounts? _pauses;

    public Measurement(LoadOptions options)
    {
        (_pids, _watch) = (options.Pids, options.Database);
        _database = _watch?.Read();
        _metrics = options.Metrics;
        _pauses = GcPauseCounts.Read(_metrics);
        _start = Clock.Now;
        _broker = Use(_pids);
        _own = Environment.CpuUsage.TotalTime;
    }

    public double Seconds => Clock.SecondsSince(_start);

    public double? BrokerCpuSeconds => Use(_pids)?.CpuSeconds - _broker?.CpuSeconds;

    /// <summary>Growth of the broker's memory.</summary>
    public long? BrokerBytes => Use(_pids)?.ResidentBytes - _broker?.ResidentBytes;

    /// <summary>The broker's pauses for garbage collections; null when it does not tell them.</summary>
    public GcPauses? GcPauses => GcPauseCounts.Read(_metrics)?.Since(_pauses, Seconds);

    public DatabaseUse? DatabaseUse => _watch?.Read() - _database;

    public double GeneratorCores => (Environment.CpuUsage.TotalTime - _own).TotalSeconds / Seconds;

    /// <returns>Of all of them together; null when there is none.</returns>
    public static ProcessUse? Use(IReadOnlyList<int> pids)
    {
        ProcessUse? all = null;
        foreach (var use in pids.Select(ProcessUse.Of).OfType<ProcessUse>())
            all = all is { } sum ? sum + use : use;
        return all;
    }
}
