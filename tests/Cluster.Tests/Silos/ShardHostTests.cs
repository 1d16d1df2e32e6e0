using Starling.Broker.Contracts;
using Starling.Broker.Tests;
using Starling.Cluster.Contracts;
using Starling.Cluster.Silos;
using Starling.Protocol;

namespace Starling.Cluster.Tests.Silos;

public sealed class ShardHostTests : IDisposable
{
    private const long Epoch = 7;

    private readonly TestSilo _silo = new();
    private int _outOfDate;

    public void Dispose() => _silo.Dispose();

    [Fact]
    public async Task A_shard_serves_when_every_edge_has_told_its_routes()
    {
        var edge = _silo.Join("e1");
        edge.Routes = All(1, "a/#");
        edge.Holds = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _silo.Join("e2");
        await using var shard = Make();
        var starting = shard.StartAsync();

        var transferring = shard.TransferAsync(Transfer("e2", 1, All(1), "a/b")).AsTask();
        transferring.IsCompleted.ShouldBeFalse();
        edge.Holds.SetResult();
        await starting;

        (await transferring).Kind.ShouldBe(ShardReplyKind.Done);
        edge.Announced.ShouldBe(Epoch);
        edge.Topics.ShouldBe(["a/b"]);
    }

    [Fact]
    public async Task A_transfer_that_comes_again_is_answered_as_before_and_carried_out_once()
    {
        var edge = _silo.Join("e1");
        edge.Routes = All(1, "a");
        _silo.Join("e2");
        await using var shard = await StartAsync();
        var transfer = Transfer("e2", 1, null, "a");

        var first = await shard.TransferAsync(transfer);
        var repeat = await shard.TransferAsync(transfer);

        repeat.ShouldBeSameAs(first);
        edge.Topics.ShouldBe(["a"]);
        await Should.ThrowAsync<RemoteCallException>(async () => await shard.TransferAsync(transfer with { Number = 0 }));
    }

    [Fact]
    public async Task A_transfer_that_was_meant_for_the_shard_before_is_not_carried_out()
    {
        var edge = _silo.Join("e1");
        edge.Routes = All(1, "a");
        _silo.Join("e2");
        await using var shard = await StartAsync();

        var reply = await shard.TransferAsync(Transfer("e2", 1, null, "a") with { KnownEpoch = Epoch - 1 });

        (reply.Kind, reply.Epoch).ShouldBe((ShardReplyKind.OutOfDate, Epoch));
        edge.Topics.ShouldBeEmpty();
        _outOfDate.ShouldBe(0);
    }

    [Fact]
    public async Task A_shard_that_hears_of_a_successor_serves_no_more_and_says_so_once()
    {
        _silo.Join("e1");
        await using var shard = await StartAsync();

        var reply = await shard.TransferAsync(Transfer("e1", 1, null, "a") with { KnownEpoch = Epoch + 1 });
        var next = await shard.TransferAsync(Transfer("e1", 2, null, "a"));

        (reply.Kind, next.Kind).ShouldBe((ShardReplyKind.OutOfDate, ShardReplyKind.OutOfDate));
        _outOfDate.ShouldBe(1);
    }

    [Fact]
    public async Task A_shard_that_an_edge_refuses_does_not_claim_to_have_delivered()
    {
        var edge = _silo.Join("e1");
        edge.Routes = All(1, "a");
        edge.SaysOutOfDate = true;
        _silo.Join("e2");
        await using var shard = await StartAsync();

        (await shard.TransferAsync(Transfer("e2", 1, null, "a"))).Kind.ShouldBe(ShardReplyKind.OutOfDate);
        _outOfDate.ShouldBe(1);
    }

    [Fact]
    public async Task A_shard_that_was_taken_over_refuses_durable_routes_that_its_successor_has_not_loaded()
    {
        await using var shard = await StartAsync();
        await _silo.TakeAsync("t", 0);

        await Should.ThrowAsync<RemoteCallException>(async () =>
            await shard.SetDurableRouteAsync("c", new Subscription("a", new SubscriptionOptions(QualityOfService.AtLeastOnce), null)));

        _outOfDate.ShouldBe(1);
    }

    [Fact]
    public async Task An_edge_that_has_missed_a_change_has_to_tell_all_its_routes()
    {
        var edge = _silo.Join("e1");
        _silo.Join("e2");
        await using var shard = await StartAsync();

        (await shard.TransferAsync(Transfer("e1", 1, Change(3, "a"), "x"))).Kind.ShouldBe(ShardReplyKind.NeedsRoutes);
        (await shard.TransferAsync(Transfer("e1", 1, All(4, "a", "b"), "x"))).Kind.ShouldBe(ShardReplyKind.Done);
        await shard.TransferAsync(Transfer("e1", 2, Change(3, "c")));
        await shard.TransferAsync(Transfer("e2", 1, null, "a", "b", "c"));

        edge.Topics.ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task An_edge_that_is_gone_gets_nothing_any_more_and_is_not_heard()
    {
        var gone = _silo.Join("e1");
        gone.Routes = All(1, "a");
        _silo.Join("e2");
        await using var shard = await StartAsync();

        await _silo.LoseAsync("e1");
        var reply = await shard.TransferAsync(Transfer("e2", 1, null, "a"));

        reply.Outcomes.ShouldBe([ReasonCode.NoMatchingSubscribers]);
        gone.Topics.ShouldBeEmpty();
        await Should.ThrowAsync<RemoteCallException>(async () => await shard.TransferAsync(Transfer("e1", 1, All(2, "a"))));
    }

    [Fact]
    public async Task A_retained_page_that_is_asked_for_again_comes_again()
    {
        _silo.Join("e1");
        await using var shard = await StartAsync();
        var messages = Enumerable.Range(0, 5).Select(i => TestCluster.Message($"a/{i}", retain: true)).ToArray();
        await shard.TransferAsync(new ShardTransfer("e1", IsEdge: true, Epoch, 1, null, messages));
        var query = new RetainedQuery("a/+", Guid.Empty, 0, 3);

        var first = await shard.ReadRetainedAsync(query);
        var repeat = await shard.ReadRetainedAsync(query);
        var second = await shard.ReadRetainedAsync(query with { Page = 1 });

        repeat.Messages.ShouldBe(first.Messages);
        first.Messages.Concat(second.Messages).Select(message => message.Topic.Text).ShouldBe(messages.Select(m => m.Topic.Text), ignoreOrder: true);
    }

    private static EdgeRoutes All(long version, params string[] filters) => new(version, IsComplete: true, filters, [], [], []);

    private static EdgeRoutes Change(long version, params string[] added) => new(version, IsComplete: false, added, [], [], []);

    private static ShardTransfer Transfer(string sender, long number, EdgeRoutes? routes, params string[] topics) => new(
        sender, IsEdge: true, Epoch, number, routes, [.. topics.Select(topic => TestCluster.Message(topic))]);

    private ShardHost Make() => _silo.Owners.Shard("t", 0, () => _outOfDate++);

    private async Task<ShardHost> StartAsync()
    {
        var shard = Make();
        await shard.StartAsync();
        return shard;
    }
}
