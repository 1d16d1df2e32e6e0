using Starling.LoadGenerator.Results;
using Starling.LoadGenerator.Traffic;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>Publishers and receivers at full speed, or at a fixed rate: throughput, latency, and whether all came once and in order.</summary>
internal static class TrafficScenario
{
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(2);

    public static Result Run(Scenario scenario, LoadOptions options)
    {
        using var background = Background.Subscribe(options, scenario.Background);
        var plan = new TrafficPlan(scenario, options);
        using var crew = new Crew(options, plan.Threads, new WorkerOptions(
            scenario.PauseMicroseconds,
            Spin: scenario.Rate > 0,
            options.Opening,
            BufferLength: Math.Max(256 * 1024, 4 * scenario.Payload),
            SampleMask: scenario.Rate > 0 || scenario.OneAtATime ? 0 : 15));
        crew.Assemble();

        crew.Publish(true);
        Thread.Sleep(options.WarmUp);
        crew.Record(true);
        var measurement = new Measurement(options);
        var (delivered, sent) = (crew.Delivered, Sent());
        Thread.Sleep(options.Duration);
        (delivered, sent) = (crew.Delivered - delivered, Sent() - sent);
        var seconds = measurement.Seconds;
        var cpu = measurement.BrokerCpuSeconds;
        var cores = measurement.GeneratorCores;
        var database = measurement.DatabaseUse;
        var pauses = measurement.GcPauses;
        crew.Record(false);
        crew.Publish(false);
        crew.Drain(plan.Flows, DrainPatience);
        crew.Stop();

        return Count(crew, plan, new Result
        {
            Broker = options.Broker,
            Scenario = scenario,
            PerSecond = delivered / seconds,
            GeneratorCores = cores,
            Latency = Latency.Of(crew.Latency()),
            AcknowledgeLatency = Latency.Of(crew.AcknowledgeLatency()),
            GcPauses = pauses,
            ResidentBytes = Measurement.Use(options.Pids)?.ResidentBytes,
            Connections = plan.Threads.Sum(thread => thread.Count),
            GeneratorLateMicroseconds = scenario.Rate > 0 ? crew.Plans.Max(client => client.Publisher?.MaxLate ?? 0) / 1000.0 : null,
        }).WithCpu(cpu, delivered + sent).WithDatabase(database, sent, delivered + sent);

        long Sent() => plan.Flows.Sum(flow => flow.Sent);
    }

    private static Result Count(Crew crew, TrafficPlan plan, Result result)
    {
        var (lost, duplicates, outOfOrder) = (0L, 0L, 0L);
        foreach (var stream in crew.Plans.SelectMany(client => client.Streams))
        {
            lost += stream.Check.Lost(stream.Flow.Sent);
            duplicates += stream.Check.Duplicates;
            outOfOrder += stream.Check.OutOfOrder;
        }

        return result with
        {
            Sent = plan.Flows.Sum(flow => flow.Sent),
            Delivered = crew.Delivered,
            Lost = lost,
            Duplicates = duplicates,
            OutOfOrder = outOfOrder,
            Disconnects = crew.Disconnects,
            Failure = crew.Refused > 0 ? $"{crew.Refused} messages refused" : null,
        };
    }
}
