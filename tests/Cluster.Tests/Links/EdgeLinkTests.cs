using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Cluster.Contracts;
using Starling.Cluster.Links;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Cluster.Tests.Links;

public sealed class EdgeLinkTests
{
    private readonly ManualTime _time = new();
    private readonly ScriptedEdge _edge = new();
    private readonly TenantCounters _counters = new("acme");
    private readonly EdgeLink _link;

    public EdgeLinkTests() => _link = new EdgeLink(
        _edge, new ShardFencingToken("acme", 0, 1), () => { }, _counters, new LinkOptions { MaxBytes = 1000, CallBytes = 1000 }, _time, NullLogger.Instance);

    [Fact]
    public async Task QoS_0_does_not_wait_for_the_edge_while_there_is_room()
    {
        await DeliverAsync("a", QualityOfService.AtMostOnce, payload: 500);

        (await _edge.Transfers.NextAsync()).Argument.Messages.Count.ShouldBe(1);
    }

    [Fact]
    public async Task QoS_0_that_finds_no_room_waits_until_the_edge_has_answered()
    {
        await DeliverAsync("a", QualityOfService.AtMostOnce, payload: 900);
        var first = await _edge.Transfers.NextAsync();
        var waiting = DeliverAsync("b", QualityOfService.AtMostOnce, payload: 900);
        waiting.IsCompleted.ShouldBeFalse();

        first.Answer(new EdgeReply(IsOutOfDate: false, []));

        await waiting;
        (await _edge.Transfers.NextAsync()).Argument.Messages.ShouldHaveSingleItem().Topic.Text.ShouldBe("b");
        _counters.DroppedSlowReader.Value.ShouldBe(0);
    }

    [Fact]
    public async Task QoS_0_is_dropped_and_counted_when_no_room_comes_within_a_second()
    {
        await DeliverAsync("a", QualityOfService.AtMostOnce, payload: 900);
        var first = await _edge.Transfers.NextAsync();
        var waiting = DeliverAsync("b", QualityOfService.AtMostOnce, payload: 900);

        _time.Advance(TimeSpan.FromSeconds(1));

        await waiting;
        _counters.DroppedSlowReader.Value.ShouldBe(1);
        first.Answer(new EdgeReply(IsOutOfDate: false, []));
        _ = DeliverAsync("c", QualityOfService.AtLeastOnce, payload: 900);
        (await _edge.Transfers.NextAsync()).Argument.Messages.ShouldHaveSingleItem().Topic.Text.ShouldBe("c");
    }

    [Fact]
    public async Task QoS_0_does_not_wait_for_an_edge_that_has_not_answered_for_a_second()
    {
        await DeliverAsync("a", QualityOfService.AtMostOnce, payload: 900);
        _time.Advance(TimeSpan.FromSeconds(1));

        var delivering = DeliverAsync("b", QualityOfService.AtMostOnce, payload: 900);

        delivering.IsCompletedSuccessfully.ShouldBeTrue();
        _counters.DroppedSlowReader.Value.ShouldBe(1);
    }

    [Fact]
    public async Task QoS_1_waits_for_the_answer_of_the_edge()
    {
        var delivering = DeliverAsync("a", QualityOfService.AtLeastOnce, payload: 1);
        var transfer = await _edge.Transfers.NextAsync();
        delivering.IsCompleted.ShouldBeFalse();

        transfer.Answer(new EdgeReply(IsOutOfDate: false, []));

        await delivering;
    }

    private Task DeliverAsync(string topic, QualityOfService qos, int payload) =>
        _link.DeliverAsync("acme", [Message.Create(new Topic(topic), new byte[payload], qos)]).AsTask();

    /// <summary>An edge whose transfers a test answers one by one.</summary>
    private sealed class ScriptedEdge : IRemoteEdge
    {
        public Calls<EdgeTransfer, EdgeReply> Transfers { get; } = new();

        public ValueTask<EdgeReply> TransferAsync(EdgeTransfer transfer) => Transfers.MakeAsync(transfer);

        public ValueTask PushAsync(InboxPush push) => default;

        public ValueTask<EdgeRoutes> AnnounceAsync(string tenant, int shard, long epoch) => throw new NotSupportedException();

        public ValueTask<long> EvictAsync(string tenant, string clientId, ReasonCode reason) => new(0L);

        public ValueTask<bool> CloseAsync(string tenant, string clientId, long epoch, ReasonCode reason) => new(true);
    }
}
