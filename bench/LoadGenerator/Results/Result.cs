using Starling.LoadGenerator.Database;
using Starling.LoadGenerator.Scenarios;
using Starling.LoadGenerator.Statistics;

namespace Starling.LoadGenerator.Results;

/// <summary>What one scenario gave with one broker. A value that the scenario does not measure is null.</summary>
internal sealed record Result
{
    public required string Broker { get; init; }

    public required Scenario Scenario { get; init; }

    public MachineFacts? Machine { get; init; }

    public RunFacts? Run { get; init; }

    /// <summary>Why there is nothing else, or null.</summary>
    public string? Failure { get; init; }

    /// <summary>Messages delivered (acknowledged, where nobody is there to get them), connections made or rows inserted.</summary>
    public double? PerSecond { get; init; }

    /// <summary>CPU time of the broker in the measured time.</summary>
    public double? BrokerCpuSeconds { get; init; }

    /// <summary>CPU time of the broker for a million messages, in and out together, or connections.</summary>
    public double? CpuSecondsPerMillion { get; init; }

    /// <summary>Messages in and out, or connections, for each CPU second of the broker.</summary>
    public double? PerCpuSecond { get; init; }

    /// <summary>Cores that the generator kept busy: near its number of threads, it may have been the limit.</summary>
    public double? GeneratorCores { get; init; }

    /// <summary>From writing a message to reading it; of a database alone, the time of a transaction.</summary>
    public Latency? Latency { get; init; }

    /// <summary>From writing a message of QoS 1 or 2 to its PUBACK or PUBCOMP.</summary>
    public Latency? AcknowledgeLatency { get; init; }

    /// <summary>What the broker's database did; null when it has none.</summary>
    public DatabaseFigures? Database { get; init; }

    /// <summary>The broker's pauses for garbage collections in the measured time.</summary>
    public GcPauses? GcPauses { get; init; }

    /// <summary>Growth of the broker's resident memory for each connection.</summary>
    public double? BytesPerConnection { get; init; }

    /// <summary>Resident memory of the broker at the end.</summary>
    public long? ResidentBytes { get; init; }

    /// <summary>Cores that the broker kept busy while nothing was asked of it.</summary>
    public double? IdleCores { get; init; }

    public long? Connections { get; init; }

    public long? Sent { get; init; }

    public long? Delivered { get; init; }

    public long? Lost { get; init; }

    public long? Duplicates { get; init; }

    public long? OutOfOrder { get; init; }

    /// <summary>Connections that the broker closed or refused, with the reason of the first.</summary>
    public string? Disconnects { get; init; }

    /// <summary>Rounds that <see cref="PerSecond"/> is the median of.</summary>
    public int? Rounds { get; init; }

    /// <summary>At a fixed rate: the most that the generator itself was late, in microseconds.</summary>
    public double? GeneratorLateMicroseconds { get; init; }

    /// <summary>The same result with what the broker's CPU time tells.</summary>
    /// <param name="cpuSeconds">CPU time, or null when unknown.</param>
    /// <param name="count">Messages in and out, or connections, in that time.</param>
    public Result WithCpu(double? cpuSeconds, double count) => this with
    {
        BrokerCpuSeconds = cpuSeconds,
        CpuSecondsPerMillion = count > 0 ? cpuSeconds / count * 1e6 : null,
        PerCpuSecond = cpuSeconds > 0 ? count / cpuSeconds : null,
    };

    /// <summary>The same result with what the broker's database did in the measured time.</summary>
    /// <param name="use">Null when there is none.</param>
    /// <param name="messages">Messages in that time, each counted once.</param>
    /// <param name="moves">Messages in and out.</param>
    public Result WithDatabase(DatabaseUse? use, double messages, double moves) => this with
    {
        Database = use is { } known ? DatabaseFigures.Of(known, messages, moves) : null,
    };
}

/// <param name="Count">How many there were.</param>
/// <param name="P99Milliseconds">99 of 100 were at most this long: a bound of the histogram that the broker keeps.</param>
/// <param name="LongestMilliseconds">A bound, too; null when longer than all of them.</param>
/// <param name="Share">Of the time.</param>
internal sealed record GcPauses(long Count, double? P99Milliseconds, double? LongestMilliseconds, double Share);

/// <summary>Durations, in microseconds.</summary>
internal sealed record Latency(double P50, double P99, double P999, double Maximum, long Samples)
{
    public static Latency? Of(LatencyHistogram histogram)
    {
        return histogram.Count == 0 ? null : new Latency(At(50), At(99), At(99.9), At(100), histogram.Count);

        double At(double percent) => histogram.Percentile(percent) / 1000.0;
    }
}
