using OpenTelemetry.Exporter;
using Starling.Hosting.Configuration;

namespace Starling.Hosting.Telemetry;

/// <summary>
/// Which signals are sent by OpenTelemetry's protocol, and where: what the settings say, and what they leave open the standard environment
/// variables.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="variable">A variable of the environment; null when it is not set.</param>
internal sealed class OtlpSignals(TelemetryOptions options, Func<string, string?> variable)
{
    private const string Prefix = "OTEL_EXPORTER_OTLP_";

    /// <summary>Whether batches are to be traced at all, of those that this process sees first or that others have sampled.</summary>
    public bool IsTracing => Sends(TelemetrySignal.Traces) && (options.TraceRatio > 0 || variable("OTEL_TRACES_SAMPLER") is { Length: > 0 });

    public bool Sends(TelemetrySignal signal)
    {
        var name = signal.ToString().ToUpperInvariant();
        if (variable("OTEL_SDK_DISABLED") is "true" || variable($"OTEL_{name}_EXPORTER") is "none")
            return false;
        return options.Otlp is { } otlp
            ? otlp.Signals.Contains(signal)
            : variable(Prefix + "ENDPOINT") is { Length: > 0 } || variable($"{Prefix}{name}_ENDPOINT") is { Length: > 0 };
    }

    /// <param name="signal">What is sent.</param>
    /// <param name="exporter">Has what the environment says.</param>
    public void Configure(TelemetrySignal signal, OtlpExporterOptions exporter)
    {
        if (options.Otlp is not { } otlp)
            return;
        exporter.Protocol = otlp.Protocol switch
        {
            OtlpProtocol.Grpc => OtlpExportProtocol.Grpc,
            OtlpProtocol.HttpProtobuf => OtlpExportProtocol.HttpProtobuf,
            _ => exporter.Protocol,
        };
        var path = exporter.Protocol == OtlpExportProtocol.HttpProtobuf ? $"/v1/{signal.ToString().ToLowerInvariant()}" : "";
        exporter.Endpoint = new Uri(otlp.Endpoint.TrimEnd('/') + path);
        if (otlp.Headers is not null)
            exporter.Headers = otlp.Headers;
    }
}
