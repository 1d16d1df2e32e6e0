using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using Starling.LoadGenerator.Database;
using Starling.LoadGenerator.Results;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>Runs a scenario; what goes wrong becomes part of the result.</summary>
internal static class Runner
{
    public static Result Run(Scenario scenario, LoadOptions options, TimeProvider time)
    {
        var run = new RunFacts(
            time.GetUtcNow(),
            options.Login.Version,
            options.WarmUp.TotalSeconds,
            options.Duration.TotalSeconds,
            options.Threads,
            double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture));
        Result result;
        try
        {
            result = options.Database is { } database ? Watched(scenario, options, database) : Measure(scenario, options);
        }
        catch (Exception e) when (e is InvalidDataException or SocketException or IOException or AuthenticationException or DbException)
        {
            result = new Result { Broker = options.Broker, Scenario = scenario, Failure = e.Message };
        }

        return result with { Machine = MachineFacts.Read(), Run = run };
    }

    private static Result Watched(Scenario scenario, LoadOptions options, DatabaseWatch database)
    {
        var before = database.ReadStatistics();
        var result = Measure(scenario, options);
        Thread.Sleep(DatabaseWatch.StatisticsDelay);
        return result with { Database = result.Database?.With(before, database.ReadStatistics(), result.Sent) };
    }

    private static Result Measure(Scenario scenario, LoadOptions options) => scenario.Kind switch
    {
        Kind.Traffic => TrafficScenario.Run(scenario, options),
        Kind.Retained => RetainedScenario.Run(scenario, options),
        Kind.Offline => OfflineScenario.Run(scenario, options),
        Kind.Queueing => QueueingScenario.Run(scenario, options),
        Kind.Database => DatabaseScenario.Run(scenario, options),
        _ => ConnectScenario.Run(scenario, options),
    };
}
