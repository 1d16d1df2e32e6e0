using Starling.Broker.Metrics;

namespace Starling.Hosting.Configuration;

/// <summary>What is measured, and where it is sent. <c>/metrics</c> is there without it.</summary>
public sealed record TelemetryOptions
{
    /// <summary>The resource attribute <c>service.name</c>; null takes it from <c>OTEL_SERVICE_NAME</c>, else <c>starling-edge</c> or <c>starling-silo</c>.</summary>
    public string? ServiceName { get; init; }

    /// <summary>How many tenants have series of their own; the numbers of the others are added up.</summary>
    public int MaximumTenants { get; init; } = BrokerMetrics.DefaultMaximumTenants;

    /// <summary>The share of published batches that are traced, 0 to 1; 0 turns tracing off, unless <c>OTEL_TRACES_SAMPLER</c> is set.</summary>
    public double TraceRatio { get; init; }

    /// <summary>Where metrics, traces and logs are sent; null sends nothing, unless the environment names an endpoint.</summary>
    public OtlpOptions? Otlp { get; init; }
}

/// <summary>A receiver of OpenTelemetry's protocol. What is not given here the standard variables <c>OTEL_EXPORTER_OTLP_…</c> may say.</summary>
public sealed record OtlpOptions
{
    /// <summary>A URL. With <see cref="OtlpProtocol.HttpProtobuf"/> the signal's path, such as <c>/v1/traces</c>, is added to it.</summary>
    public required string Endpoint { get; init; }

    /// <summary>Null is gRPC, unless <c>OTEL_EXPORTER_OTLP_PROTOCOL</c> says something else.</summary>
    public OtlpProtocol? Protocol { get; init; }

    /// <summary>Sent with each request: <c>name=value,name=value</c>. It may hold a secret, so it is never shown.</summary>
    public string? Headers { get; init; }

    /// <summary>What is sent.</summary>
    public IReadOnlyList<TelemetrySignal> Signals { get; init; } = [TelemetrySignal.Metrics, TelemetrySignal.Traces, TelemetrySignal.Logs];

    /// <summary>How often metrics are sent; null is a minute, unless <c>OTEL_METRIC_EXPORT_INTERVAL</c> says something else.</summary>
    public TimeSpan? MetricInterval { get; init; }

    /// <summary>Without the headers.</summary>
    public override string ToString() => $"{nameof(OtlpOptions)} {{ {Endpoint}, {Protocol}, {string.Join(", ", Signals)} }}";
}

public enum OtlpProtocol
{
    Grpc,
    HttpProtobuf,
}

public enum TelemetrySignal
{
    Metrics,
    Traces,
    Logs,
}
