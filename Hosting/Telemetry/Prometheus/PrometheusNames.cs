using System.Text;
using OpenTelemetry.Metrics;

namespace Starling.Hosting.Telemetry.Prometheus;

/// <summary>
/// What an instrument is called on <c>/metrics</c>. Counters end with <c>_total</c>. The names of others' instruments have their unit as a
/// suffix, as OpenTelemetry's rules for Prometheus want it; Starling's have none, since dashboards know them without.
/// </summary>
internal static class PrometheusNames
{
    public static string Of(Metric metric) => Of(metric.MeterName, metric.Name, metric.Unit, IsCounter(metric.MetricType));

    /// <param name="meter">The name of the meter.</param>
    /// <param name="instrument">The name of the instrument.</param>
    /// <param name="unit">In UCUM, such as <c>s</c>, <c>By</c> or <c>{message}</c>.</param>
    /// <param name="isCounter">Whether it only grows.</param>
    public static string Of(string meter, string instrument, string? unit, bool isCounter)
    {
        var name = new StringBuilder(instrument.Length + 16);
        foreach (var c in instrument)
            name.Append(char.IsAsciiLetterOrDigit(c) || c == ':' ? c : '_');
        if (char.IsAsciiDigit(name[0]))
            name.Insert(0, '_');
        if (!IsOurs(meter) && Suffix(unit) is { } suffix && !EndsWith(name, suffix))
            name.Append(suffix);
        return isCounter && !EndsWith(name, "_total") ? name.Append("_total").ToString() : name.ToString();
    }

    public static bool IsOurs(string meter) => meter.StartsWith("Starling", StringComparison.Ordinal);

    public static bool IsCounter(MetricType type) => type is MetricType.LongSum or MetricType.DoubleSum;

    private static string? Suffix(string? unit) => unit switch
    {
        "s" => "_seconds",
        "ms" => "_milliseconds",
        "us" => "_microseconds",
        "ns" => "_nanoseconds",
        "By" or "bytes" => "_bytes",
        "MB" => "_megabytes",
        "%" => "_percent",
        _ => null,
    };

    private static bool EndsWith(StringBuilder name, string suffix) =>
        name.Length >= suffix.Length && name.ToString(name.Length - suffix.Length, suffix.Length) == suffix;
}
