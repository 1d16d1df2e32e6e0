using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Retained;
using Starling.Broker.Tenants.Quotas;
using Starling.Broker.Time;
using Starling.Protocol;

namespace Starling.Broker.Tests.Retained;

public sealed class RetainedLoadingTests
{
    private readonly StoreOnTrial _store = new();

    [Fact]
    public async Task What_was_stored_is_there_again_and_counts()
    {
        Store("a/small", 10);
        Store("a/large", 5000);
        using var cluster = new TestCluster(retained: _store);

        (await ReadAsync(cluster, "a/+")).ShouldBe(["a/large", "a/small"]);

        cluster.Counters.RetainedMessages.Value.ShouldBe(2);
        cluster.Tenant.Quotas.RetainedMessages.ShouldBe(2);
        cluster.Tenant.Quotas.RetainedBytes.ShouldBe(5010 + 14);
    }

    [Fact]
    public async Task Over_a_lowered_limit_what_was_stored_is_kept_and_something_new_refused()
    {
        for (var i = 0; i < 5; i++)
            Store($"a/{i}", 10);
        using var cluster = new TestCluster(TestCluster.Open with { Limits = new TenantLimits { RetainedMessages = 3 } }, retained: _store);

        (await ReadAsync(cluster, "#")).Count.ShouldBe(5);

        (await cluster.PublishAsync(Message("new", 1))).ShouldBe([ReasonCode.QuotaExceeded]);
        (await cluster.PublishAsync(Message("a/1", 10))).ShouldBe([ReasonCode.NoMatchingSubscribers]);
        (await cluster.PublishAsync(Message("a/1", 0), Message("a/2", 0))).ShouldBe([ReasonCode.NoMatchingSubscribers, ReasonCode.NoMatchingSubscribers]);
        cluster.Tenant.Quotas.RetainedMessages.ShouldBe(3);
        cluster.Tenant.Quotas.Refusals(TenantLimit.RetainedMessages).ShouldBe(1);
    }

    [Fact]
    public async Task A_row_that_comes_twice_counts_once()
    {
        Store("a", 10);
        using var cluster = new TestCluster(retained: _store);
        var retained = new RetainedMessages(
            cluster.Tenant,
            _store,
            cluster.Counters,
            new DelayQueue(cluster.Time, NullLogger<DelayQueue>.Instance),
            Microsoft.Extensions.Logging.Abstractions.NullLogger<RetainedMessages>.Instance);

        await retained.LoadAsync(0, 1);
        await retained.LoadAsync(0, 1);

        (retained.Count, cluster.Counters.RetainedMessages.Value, cluster.Counters.RetainedBytes.Value).ShouldBe((1, 1, 11));
        retained.Dispose();
        (cluster.Counters.RetainedMessages.Value, cluster.Counters.RetainedBytes.Value, cluster.Tenant.Quotas.RetainedBytes).ShouldBe((0, 0, 0));
    }

    [Fact]
    public async Task Loaded_messages_expire_in_batches()
    {
        using var cluster = new TestCluster(retained: _store);
        var at = cluster.Time.GetUtcNow().ToUnixTimeMilliseconds() + 5000;
        for (var i = 0; i < 2500; i++)
            Store($"a/{i}", 10, at);
        Store("stays", 10);
        Store("later", 10, at + 1);
        (await ReadAsync(cluster, "stays")).ShouldHaveSingleItem();
        _store.Removals.Clear();

        cluster.Time.Advance(TimeSpan.FromSeconds(5));
        (await ReadAsync(cluster, "#")).ShouldBe(["later", "stays"]);
        cluster.Time.Advance(TimeSpan.FromSeconds(1));

        _store.Rows.Keys.ShouldBe(["stays"]);
        _store.Removals.ShouldBe([1000, 1000, 500, 1]);
        cluster.Counters.RetainedMessages.Value.ShouldBe(1);
    }

    [Fact]
    public async Task A_message_that_replaced_an_expiring_one_stays()
    {
        using var cluster = new TestCluster(retained: _store);
        Store("a", 10, cluster.Time.GetUtcNow().ToUnixTimeMilliseconds() + 5000);
        await cluster.PublishAsync(Message("a", 20));

        cluster.Time.Advance(TimeSpan.FromSeconds(10));

        (await ReadAsync(cluster, "#")).ShouldBe(["a"]);
        _store.Rows["a"].PayloadLength.ShouldBe(20);
    }

    private static Message Message(string topic, int length, long expiresAt = Messages.Message.Never) =>
        Messages.Message.Create(new Topic(topic), new byte[length], QualityOfService.AtLeastOnce, retain: true, expiresAt: expiresAt);

    private static async Task<List<string>> ReadAsync(TestCluster cluster, string filter)
    {
        var page = await cluster.Shard.ReadRetainedAsync(new RetainedCursor(filter), 100);
        return [.. page.Messages.Select(m => m.Topic.Text).Order(StringComparer.Ordinal)];
    }

    private void Store(string topic, int length, long expiresAt = Messages.Message.Never) =>
        _store.Rows[topic] = Message(topic, length, expiresAt);
}
