using System.Diagnostics;
using Starling.Broker.Telemetry;

namespace Starling.Broker.Tests.Telemetry;

/// <summary>One after the other: a listener hears of all activities in the process.</summary>
[CollectionDefinition(nameof(BrokerTracingTests), DisableParallelization = true)]
[Collection(nameof(BrokerTracingTests))]
public sealed class BrokerTracingTests
{
    [Fact]
    public void A_step_costs_nothing_while_nobody_traces()
    {
        IReadOnlyList<string> items = ["a", "b"];
        Steps();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Steps();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void Steps()
        {
            using var publish = BrokerTracing.Begin(BrokerTracing.Publish, ActivityKind.Server);
            using var route = BrokerTracing.Continue(BrokerTracing.Route);
            using var commit = BrokerTracing.Gather(BrokerTracing.Commit, ActivityKind.Internal, items, static _ => BrokerTracing.Current);
            (publish ?? route ?? commit).ShouldBeNull();
        }
    }

    [Fact]
    public void A_step_outside_of_a_trace_begins_none()
    {
        using var listener = Listen(ActivitySamplingResult.AllDataAndRecorded);
        BrokerTracing.Continue(BrokerTracing.Route).ShouldBeNull();
        BrokerTracing.Gather<Activity?>(BrokerTracing.Commit, ActivityKind.Internal, [null, null], static origin => origin).ShouldBeNull();
    }

    [Fact]
    public void A_trace_that_is_not_sampled_is_not_continued()
    {
        using var listener = Listen(ActivitySamplingResult.PropagationData);
        using var publish = BrokerTracing.Begin(BrokerTracing.Publish, ActivityKind.Server).ShouldNotBeNull();
        BrokerTracing.Current.ShouldBeNull();
        BrokerTracing.Continue(BrokerTracing.Route).ShouldBeNull();
    }

    [Fact]
    public void Steps_of_one_flow_are_parts_of_each_other()
    {
        using var listener = Listen(ActivitySamplingResult.AllDataAndRecorded);
        using var publish = BrokerTracing.Begin(BrokerTracing.Publish, ActivityKind.Server).ShouldNotBeNull();
        using var route = BrokerTracing.Continue(BrokerTracing.Route).ShouldNotBeNull();
        (publish.Parent, route.Parent).ShouldBe((null, publish));
        BrokerTracing.Current.ShouldBe(route);
    }

    [Fact]
    public void What_is_done_for_several_traces_is_a_part_of_the_first_and_has_a_link_to_each_other_one()
    {
        using var listener = Listen(ActivitySamplingResult.AllDataAndRecorded);
        var origins = Enumerable.Range(0, 200).Select(_ => Alone()).ToArray();
        Activity?[] items = [null, origins[0], origins[0], origins[1], origins[1], .. origins[2..]];

        using var commit = BrokerTracing.Gather(BrokerTracing.Commit, ActivityKind.Internal, items, static origin => origin).ShouldNotBeNull();

        commit.ParentSpanId.ShouldBe(origins[0]!.SpanId);
        commit.Links.Select(link => link.Context).ShouldBe(origins[1..129].Select(origin => origin!.Context));

        static Activity? Alone()
        {
            Activity.Current = null;
            using var activity = BrokerTracing.Begin(BrokerTracing.Publish, ActivityKind.Server);
            return activity;
        }
    }

    [Fact]
    public async Task Work_that_outlives_its_caller_is_detached_and_leaves_the_caller_as_it_was()
    {
        using var listener = Listen(ActivitySamplingResult.AllDataAndRecorded);
        using var publish = BrokerTracing.Begin(BrokerTracing.Publish, ActivityKind.Server).ShouldNotBeNull();
        (await ContinueAsync()).ShouldBeNull();
        BrokerTracing.Current.ShouldBe(publish);

        static async Task<Activity?> ContinueAsync()
        {
            BrokerTracing.Detach();
            await Task.Yield();
            return BrokerTracing.Current;
        }
    }

    private static ActivityListener Listen(ActivitySamplingResult sampling)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == BrokerTracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => sampling,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
