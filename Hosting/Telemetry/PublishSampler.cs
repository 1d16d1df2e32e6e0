using OpenTelemetry.Trace;
using Starling.Broker.Telemetry;

namespace Starling.Hosting.Telemetry;

/// <summary>
/// Traces begin where a client's messages enter, and nowhere else: what Orleans and Npgsql do by themselves all the time would drown them.
/// </summary>
/// <param name="ratio">The share of batches that is traced, 0 to 1.</param>
internal sealed class PublishSampler(double ratio) : Sampler
{
    private readonly TraceIdRatioBasedSampler _ratio = new(ratio);

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.Name == BrokerTracing.Publish ? _ratio.ShouldSample(samplingParameters) : new SamplingResult(SamplingDecision.Drop);
}
