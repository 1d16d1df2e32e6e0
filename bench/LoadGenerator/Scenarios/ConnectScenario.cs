using Starling.LoadGenerator.Results;
using Starling.LoadGenerator.Traffic;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>
/// Connections one close upon the other: how many a second, what memory each takes, and what they cost while they do nothing. A few
/// are made and closed before, so that neither compiling nor the first growth of the heap is measured.
/// </summary>
internal static class ConnectScenario
{
    private const int OtherHandles = 200;
    private const int MaxEarly = 1000;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    public static Result Run(Scenario scenario, LoadOptions options)
    {
        var count = Math.Min(scenario.Count, HandleLimit.Read() - OtherHandles);
        using (Open(scenario, options, "early", Math.Min(count / 5, MaxEarly)))
        {
        }

        Thread.Sleep(Settle);
        var memory = new Measurement(options);
        var opening = new Measurement(options);
        using var connections = Open(scenario, options, "client", count);
        var seconds = opening.Seconds;
        var cpu = opening.BrokerCpuSeconds;
        var cores = opening.GeneratorCores;
        Thread.Sleep(Settle);

        var bytes = memory.BrokerBytes;
        double? idle = null;
        if (scenario.Kind == Kind.Idle)
        {
            var resting = new Measurement(options);
            Thread.Sleep(options.Duration);
            idle = resting.BrokerCpuSeconds / resting.Seconds;
        }

        return new Result
        {
            Broker = options.Broker,
            Scenario = scenario,
            PerSecond = count / seconds,
            GeneratorCores = cores,
            BytesPerConnection = (double?)bytes / count,
            ResidentBytes = Measurement.Use(options.Pids)?.ResidentBytes,
            IdleCores = idle,
            Connections = count,
            Disconnects = (connections as CrewOfIdlers)?.Disconnects,
        }.WithCpu(cpu, count);
    }

    private static IDisposable Open(Scenario scenario, LoadOptions options, string name, int count)
    {
        if (!scenario.Password)
            options = options with { Login = options.Login.Anonymous };
        return scenario.Tls ? TlsConnections.Open(options, name, count) : new CrewOfIdlers(options, name, count);
    }

    private sealed class CrewOfIdlers : IDisposable
    {
        private readonly Crew _crew;

        public CrewOfIdlers(LoadOptions options, string name, int count)
        {
            var plans = Enumerable.Range(0, count).Select(index => new ClientPlan { ClientId = $"{name}-{index}" }).ToArray();
            _crew = new Crew(options, [plans], new WorkerOptions(0, Spin: false, options.Opening, BufferLength: 4096, SampleMask: 0));
            _crew.Assemble();
        }

        public string? Disconnects => _crew.Disconnects;

        public void Dispose()
        {
            _crew.Stop();
            _crew.Dispose();
        }
    }
}
