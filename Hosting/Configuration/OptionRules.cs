using System.Globalization;
using System.Net;
using Starling.Storage.PostgreSql;

namespace Starling.Hosting.Configuration;

/// <summary>Rules that the settings of several programs have in common.</summary>
internal static class OptionRules
{
    public static IEnumerable<(string Setting, string Problem)> StorageErrors(StorageOptions? storage)
    {
        if (storage is null)
            return [];
        var ranges = OutOf(
            Between("storage.maximumConnections", storage.MaximumConnections, 1, 1000),
            Between("storage.startTimeout", storage.StartTimeout, "0s", "1h"),
            Between("storage.queueBytes", storage.QueueBytes, 1024 * 1024, int.MaxValue));
        return ConnectionText.ProblemWith(storage.ConnectionString) is { } problem ? ranges.Prepend(("storage.connectionString", problem)) : ranges;
    }

    public static IEnumerable<(string Setting, string Problem)> TelemetryErrors(TelemetryOptions telemetry)
    {
        if (telemetry.ServiceName is { } name && string.IsNullOrWhiteSpace(name))
            yield return ("telemetry.serviceName", "expected a name");
        if (telemetry.TraceRatio is not (>= 0 and <= 1))
            yield return ("telemetry.traceRatio", string.Create(CultureInfo.InvariantCulture, $"{telemetry.TraceRatio} is out of range; expected 0 to 1"));
        foreach (var error in OutOf(Between("telemetry.maximumTenants", telemetry.MaximumTenants, 1, 100_000)))
            yield return error;
        if (telemetry.Otlp is not { } otlp)
            yield break;
        if (!Uri.TryCreate(otlp.Endpoint, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
            yield return ("telemetry.otlp.endpoint", $"\"{otlp.Endpoint}\" is not a URL; expected one such as http://localhost:4317");
        if (otlp.Headers is { } headers && !Array.TrueForAll(headers.Split(','), static header => header.IndexOf('=', StringComparison.Ordinal) > 0))
            yield return ("telemetry.otlp.headers", "expected name=value, or several with commas in between");
        if (otlp.Signals.Count == 0 || otlp.Signals.Distinct().Count() < otlp.Signals.Count)
            yield return ("telemetry.otlp.signals", "expected some of \"metrics\", \"traces\" and \"logs\", each once");
        if (otlp.MetricInterval is { } interval)
        {
            foreach (var error in OutOf(Between("telemetry.otlp.metricInterval", interval, "1s", "5m")))
                yield return error;
        }
    }

    public static IEnumerable<(string Setting, string Problem)> EndpointErrors(string path, string address, int port)
    {
        if (!IPAddress.TryParse(address, out _))
            yield return ($"{path}.address", $"\"{address}\" is not an IP address; expected one such as 127.0.0.1, 0.0.0.0 or ::");
        if (port is < 0 or > 65535)
            yield return ($"{path}.port", $"{port} is out of range; expected 0 to 65535");
    }

    public static IEnumerable<(string Setting, string Problem)> OutOf(params (string Setting, object Value, bool InRange, string Range)[] ranges) =>
        from range in ranges where !range.InRange select (range.Setting, $"{range.Value} is out of range; expected {range.Range}");

    public static (string, object, bool, string) Between(string setting, int value, int min, int max) =>
        (setting, value, value >= min && value <= max, $"{min} to {max}");

    public static (string, object, bool, string) Between(string setting, TimeSpan value, string min, string max)
    {
        var inRange = DurationConverter.TryParse(min, out var minimum) && DurationConverter.TryParse(max, out var maximum)
            && value >= minimum && value <= maximum;
        return (setting, value, inRange, $"{min} to {max}");
    }
}
