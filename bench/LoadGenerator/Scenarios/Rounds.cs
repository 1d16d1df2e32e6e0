using Starling.LoadGenerator.Database;
using Starling.LoadGenerator.Results;
using Starling.LoadGenerator.Statistics;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>Repeats something short until the time is up, but three times at least; the first time does not count.</summary>
internal sealed class Rounds(LoadOptions options)
{
    private const int Least = 3;
    private readonly long _start = Clock.Now;
    private readonly List<double> _seconds = [];
    private double? _cpu = 0;
    private DatabaseUse? _database = new();
    private int _all;

    /// <summary>How often something was measured, the first time included.</summary>
    public int All => _all;

    public bool More => _all < 1 + Least || Clock.SecondsSince(_start) < (options.WarmUp + options.Duration).TotalSeconds;

    /// <summary>Measures one round.</summary>
    public void Measure(Action round)
    {
        var measurement = new Measurement(options);
        round();
        if (_all++ == 0)
            return;
        _seconds.Add(measurement.Seconds);
        _cpu += measurement.BrokerCpuSeconds;
        _database += measurement.DatabaseUse;
    }

    /// <param name="result">To complete.</param>
    /// <param name="perRound">Messages in each round.</param>
    public Result Complete(Result result, int perRound)
    {
        _seconds.Sort();
        return (result with
        {
            PerSecond = perRound / _seconds[_seconds.Count / 2],
            Rounds = _seconds.Count,
            ResidentBytes = Measurement.Use(options.Pids)?.ResidentBytes,
        }).WithCpu(_cpu, (double)perRound * _seconds.Count).WithDatabase(_database, perRound * _seconds.Count, perRound * _seconds.Count);
    }
}
