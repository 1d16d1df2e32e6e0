using System.Diagnostics;
using OpenTelemetry.Trace;
using Starling.Broker.Telemetry;
using Starling.Hosting.Telemetry;

namespace Starling.Edge.Tests.Telemetry;

public class PublishSamplerTests
{
    [Fact]
    public void Traces_begin_with_a_publish_only() =>
        (Decide(1, BrokerTracing.Publish), Decide(1, "IEdgeDirectory/Read"), Decide(1, "select 1"))
            .ShouldBe((SamplingDecision.RecordAndSample, SamplingDecision.Drop, SamplingDecision.Drop));

    [Fact]
    public void The_ratio_says_how_many_are_traced()
    {
        Enumerable.Range(0, 10_000).Count(_ => Decide(0.1, BrokerTracing.Publish) == SamplingDecision.RecordAndSample).ShouldBeInRange(700, 1300);
        Decide(0, BrokerTracing.Publish).ShouldBe(SamplingDecision.Drop);
    }

    private static SamplingDecision Decide(double ratio, string name) =>
        new PublishSampler(ratio).ShouldSample(new SamplingParameters(default, ActivityTraceId.CreateRandom(), name, ActivityKind.Server)).Decision;
}
