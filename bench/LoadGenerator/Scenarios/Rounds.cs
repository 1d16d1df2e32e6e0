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
    private int _all;

    public bool More => _all < 1 + Least || Clock.SecondsSince(_start) < (options.WarmUp + options.Duration).TotalSeconds;

    /// <summary>Measures one round.</summary>
    public void Measure(Action round)
    {
        var measurement = new Measurement(options.Pid);
        round();
        if (_all++ == 0)
            return;
        _seconds.Add(measurement.Seconds);
        _cpu += measurement.BrokerCpuSeconds;
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
            ResidentBytes = Measurement.Use(options.Pid)?.ResidentBytes,
        }).WithCpu(_cpu, (double)perRound * _seconds.Count);
    }
}
