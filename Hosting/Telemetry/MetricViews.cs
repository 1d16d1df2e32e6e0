using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;
using Starling.Broker.Metrics;
using Starling.Hosting.Configuration;

namespace Starling.Hosting.Telemetry;

/// <summary>Which instruments are collected, in how many series at most, and by which bounds.</summary>
internal static class MetricViews
{
    /// <summary>Whose instruments are collected.</summary>
    public static readonly string[] Meters = ["Starling.*", "System.Runtime", "Microsoft.Orleans", "Npgsql"];

    /// <summary>Series of an instrument that is not by tenant: listeners, reasons, silos, types of grains. What is beyond falls into one.</summary>
    private const int MaximumSeries = 200;

    /// <summary>In seconds.</summary>
    private static readonly double[] SecondBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>
    /// Orleans' instruments that are left out: streams and reminders are not used, and the sizes of messages are recorded for each of them,
    /// with texts that are made for it.
    /// </summary>
    private static readonly string[] LeftOut =
    [
        "orleans-streams-", "orleans-reminders-", "orleans-messaging-sent-messages-size", "orleans-messaging-received-messages-size",
    ];

    /// <param name="instrument">Of any meter in the process.</param>
    /// <param name="meters">This host's. Another host in the process has meters of its own.</param>
    /// <param name="options">The bound for tenants.</param>
    public static MetricStreamConfiguration Of(Instrument instrument, IMeterFactory meters, TelemetryOptions options)
    {
        var isOthers = instrument.Meter.Scope is IMeterFactory scope && scope != meters;
        if (isOthers || Array.Exists(LeftOut, name => instrument.Name.StartsWith(name, StringComparison.Ordinal)))
            return MetricStreamConfiguration.Drop;
        // One more for the tenants beyond the bound.
        var most = instrument.Meter.Name == BrokerMetrics.MeterName
            ? (options.MaximumTenants + 1) * BrokerMetrics.SeriesPerTenant(instrument.Name)
            : MaximumSeries;
        return instrument is Histogram<double> { Unit: "s", Advice: null }
            ? new ExplicitBucketHistogramConfiguration { CardinalityLimit = most, Boundaries = SecondBounds }
            : new MetricStreamConfiguration { CardinalityLimit = most };
    }
}
