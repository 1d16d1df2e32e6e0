using Starling.LoadGenerator.Results;
using Starling.LoadGenerator.Traffic;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>
/// Publishers at full speed to clients that are away: how many messages a second are acknowledged. Afterwards the clients come back,
/// once and unmeasured, to see whether all that was acknowledged is there, once and in order.
/// </summary>
internal static class QueueingScenario
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static Result Run(Scenario scenario, LoadOptions options)
    {
        Returner[] clients =
        [
            .. Enumerable.Range(0, scenario.Receivers).Select(index => new Returner(TrafficPlan.ReceiverId(index), TrafficPlan.Topic(index))),
        ];
        foreach (var client in clients)
            client.Leave(options, scenario.QoS);

        var plan = new TrafficPlan(scenario, options);
        var result = Publish(scenario, options, plan);
        var (lost, duplicates, outOfOrder) = (0L, 0L, 0L);
        long[] sent = [.. plan.Flows.Select(flow => flow.Sent)];
        foreach (var (check, count) in Returner.TakeAll(options, clients, sent).Zip(sent))
        {
            lost += check.Lost(count);
            duplicates += check.Duplicates;
            outOfOrder += check.OutOfOrder;
        }

        return result with { Lost = lost, Duplicates = duplicates, OutOfOrder = outOfOrder };
    }

    private static Result Publish(Scenario scenario, LoadOptions options, TrafficPlan plan)
    {
        using var crew = new Crew(options, plan.Threads, new WorkerOptions(
            scenario.PauseMicroseconds, Spin: false, options.Opening, BufferLength: 256 * 1024, SampleMask: 15));
        crew.Assemble();
        crew.Publish(true);
        Thread.Sleep(options.WarmUp);
        crew.Record(true);
        var measurement = new Measurement(options);
        var acknowledged = crew.Acknowledged;
        Thread.Sleep(options.Duration);
        acknowledged = crew.Acknowledged - acknowledged;
        var seconds = measurement.Seconds;
        var cpu = measurement.BrokerCpuSeconds;
        var cores = measurement.GeneratorCores;
        var database = measurement.DatabaseUse;
        crew.Record(false);
        crew.Publish(false);
        crew.AwaitAcknowledgements(plan.Flows, Patience);
        crew.Stop();

        var sent = plan.Flows.Sum(flow => flow.Sent);
        return new Result
        {
            Broker = options.Broker,
            Scenario = scenario,
            PerSecond = acknowledged / seconds,
            GeneratorCores = cores,
            AcknowledgeLatency = Latency.Of(crew.AcknowledgeLatency()),
            ResidentBytes = Measurement.Use(options.Pids)?.ResidentBytes,
            Sent = sent,
            Disconnects = crew.Disconnects,
            Failure = (crew.Refused, sent - crew.Acknowledged) switch
            {
                ( > 0 and var refused, _) => $"{refused} messages refused",
                (_, > 0 and var missing) => $"{missing} messages were never acknowledged",
                _ => null,
            },
        }.WithCpu(cpu, acknowledged).WithDatabase(database, acknowledged, acknowledged);
    }
}
