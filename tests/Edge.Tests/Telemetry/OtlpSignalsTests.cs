using OpenTelemetry.Exporter;
using Starling.Hosting.Configuration;
using Starling.Hosting.Telemetry;

namespace Starling.Edge.Tests.Telemetry;

public class OtlpSignalsTests
{
    private static readonly OtlpOptions Collector = new() { Endpoint = "http://collector:4318/" };

    [Fact]
    public void Nothing_is_sent_if_nothing_is_set()
    {
        Sent(new(), []).ShouldBeEmpty();
        Signals(new(), []).IsTracing.ShouldBeFalse();
    }

    [Fact]
    public void The_settings_say_what_is_sent()
    {
        Sent(new() { Otlp = Collector }, []).ShouldBe([TelemetrySignal.Metrics, TelemetrySignal.Traces, TelemetrySignal.Logs]);
        Sent(new() { Otlp = Collector with { Signals = [TelemetrySignal.Logs] } }, []).ShouldBe([TelemetrySignal.Logs]);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317", "Metrics Traces Logs")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://collector:4317", "Traces")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317 OTEL_LOGS_EXPORTER=none", "Metrics Traces")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317 OTEL_SDK_DISABLED=true", "")]
    public void So_does_the_environment(string environment, string sent) =>
        Sent(new(), environment.Split(' ')).ShouldBe(sent.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Enum.Parse<TelemetrySignal>));

    [Fact]
    public void Traces_need_a_ratio_or_a_sampler_of_the_environment()
    {
        Signals(new() { Otlp = Collector }, []).IsTracing.ShouldBeFalse();
        Signals(new() { Otlp = Collector, TraceRatio = 0.01 }, []).IsTracing.ShouldBeTrue();
        Signals(new() { Otlp = Collector }, ["OTEL_TRACES_SAMPLER=always_on"]).IsTracing.ShouldBeTrue();
        Signals(new() { Otlp = Collector with { Signals = [TelemetrySignal.Metrics] }, TraceRatio = 0.01 }, []).IsTracing.ShouldBeFalse();
    }

    [Fact]
    public void By_HTTP_each_signal_has_a_path_of_its_own()
    {
        var signals = Signals(new() { Otlp = Collector with { Protocol = OtlpProtocol.HttpProtobuf, Headers = "key=secret" } }, []);
        var exporter = new OtlpExporterOptions();
        signals.Configure(TelemetrySignal.Traces, exporter);
        (exporter.Protocol, exporter.Endpoint, exporter.Headers).ShouldBe(
            (OtlpExportProtocol.HttpProtobuf, new Uri("http://collector:4318/v1/traces"), "key=secret"));
    }

    [Fact]
    public void By_gRPC_the_endpoint_is_as_it_was_set()
    {
        var exporter = new OtlpExporterOptions { Headers = "from=environment" };
        Signals(new() { Otlp = Collector with { Protocol = OtlpProtocol.Grpc } }, []).Configure(TelemetrySignal.Logs, exporter);
        (exporter.Protocol, exporter.Endpoint, exporter.Headers).ShouldBe(
            (OtlpExportProtocol.Grpc, new Uri("http://collector:4318"), "from=environment"));
    }

    [Fact]
    public void Headers_are_not_shown() => (Collector with { Headers = "key=secret" }).ToString().ShouldNotContain("secret");

    private static IEnumerable<TelemetrySignal> Sent(TelemetryOptions options, string[] environment) =>
        Enum.GetValues<TelemetrySignal>().Where(Signals(options, environment).Sends);

    private static OtlpSignals Signals(TelemetryOptions options, string[] environment) => new(
        options, name => environment.Select(variable => variable.Split('=', 2)).FirstOrDefault(variable => variable[0] == name)?[1]);
}
