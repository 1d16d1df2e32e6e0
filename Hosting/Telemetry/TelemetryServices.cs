using System.Diagnostics.Metrics;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Starling.Broker.Telemetry;
using Starling.Hosting.Configuration;
using Starling.Hosting.Telemetry.Prometheus;

namespace Starling.Hosting.Telemetry;

/// <summary>Metrics, traces and logs of a node, by OpenTelemetry.</summary>
internal static class TelemetryServices
{
    /// <param name="services">Of the host.</param>
    /// <param name="options">Valid.</param>
    /// <param name="service"><c>starling-edge</c> or <c>starling-silo</c>, if nothing else is set.</param>
    /// <param name="instance">Tells this process from others of the service.</param>
    /// <returns>What is sent.</returns>
    public static OtlpSignals AddTelemetry(this IServiceCollection services, TelemetryOptions options, string service, string instance)
    {
        var signals = new OtlpSignals(options, Environment.GetEnvironmentVariable);
        services.AddMetrics();
        services.AddSingleton<ProcessMetrics>();
        services.AddSingleton<PrometheusExporter>();
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => Describe(resource, options, service, instance))
            .WithMetrics(metrics => AddMetrics(metrics, options, signals));
        if (signals.IsTracing)
            telemetry.WithTracing(traces => AddTraces(traces, options, signals));
        if (signals.Sends(TelemetrySignal.Logs))
        {
            telemetry.WithLogging(
                logs => logs.AddOtlpExporter(nameof(TelemetrySignal.Logs), exporter => signals.Configure(TelemetrySignal.Logs, exporter)),
                static logs => logs.IncludeFormattedMessage = true);
        }

        return signals;
    }

    /// <summary>Begins to collect, before anything is counted.</summary>
    /// <returns>What <c>/metrics</c> is written by.</returns>
    public static PrometheusExporter StartMetrics(this IServiceProvider services)
    {
        services.GetRequiredService<MeterProvider>();
        services.GetRequiredService<ProcessMetrics>();
        return services.GetRequiredService<PrometheusExporter>();
    }

    private static void AddMetrics(MeterProviderBuilder metrics, TelemetryOptions options, OtlpSignals signals)
    {
        metrics.AddMeter(MetricViews.Meters);
        metrics.ConfigureServices(services => services.ConfigureOpenTelemetryMeterProvider((provider, metrics) =>
        {
            var meters = provider.GetRequiredService<IMeterFactory>();
            metrics.AddView(instrument => MetricViews.Of(instrument, meters, options));
        }));
        metrics.AddReader(provider => new BaseExportingMetricReader(provider.GetRequiredService<PrometheusExporter>()));
        if (!signals.Sends(TelemetrySignal.Metrics))
            return;
        metrics.AddOtlpExporter(nameof(TelemetrySignal.Metrics), (exporter, reader) =>
        {
            signals.Configure(TelemetrySignal.Metrics, exporter);
            if (options.Otlp?.MetricInterval is { } interval)
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)interval.TotalMilliseconds;
        });
    }

    private static void AddTraces(TracerProviderBuilder traces, TelemetryOptions options, OtlpSignals signals)
    {
        traces.AddSource(BrokerTracing.SourceName, "Microsoft.Orleans.Application", "Npgsql");
        if (options.TraceRatio > 0)
            traces.SetSampler(new ParentBasedSampler(new PublishSampler(options.TraceRatio)));
        traces.AddOtlpExporter(nameof(TelemetrySignal.Traces), exporter => signals.Configure(TelemetrySignal.Traces, exporter));
    }

    /// <summary>What the environment says (<c>OTEL_RESOURCE_ATTRIBUTES</c>, <c>OTEL_SERVICE_NAME</c>) comes before the defaults, and the setting before it.</summary>
    private static void Describe(ResourceBuilder resource, TelemetryOptions options, string service, string instance)
    {
        var version = typeof(TelemetryServices).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        resource.AddService(service, serviceVersion: version, autoGenerateServiceInstanceId: false, serviceInstanceId: instance);
        resource.AddEnvironmentVariableDetector();
        if (options.ServiceName is { } name)
            resource.AddAttributes([new("service.name", name)]);
    }
}
