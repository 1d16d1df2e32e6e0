using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Retained;
using Starling.Protocol;

namespace Starling.Broker.Tests.Retained;

/// <summary>The index changes at once; when is the store written, and who waits for it?</summary>
public sealed class RetainedWritesTests : IDisposable
{
    private readonly StoreOnTrial _store = new();
    private readonly TestCluster _cluster;

    public RetainedWritesTests() => _cluster = new TestCluster(retained: _store);

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public void At_QoS_0_nobody_waits_for_the_store()
    {
        _store.Hold();

        PublishAsync(Message("a", "1", QualityOfService.AtMostOnce)).IsCompletedSuccessfully.ShouldBeTrue();

        _store.Release();
        _store.Writes.ShouldBe(["a=1"]);
    }

    [Theory]
    [InlineData(QualityOfService.AtLeastOnce)]
    [InlineData(QualityOfService.ExactlyOnce)]
    public async Task Above_QoS_0_the_publisher_waits_for_the_store(QualityOfService qos)
    {
        _store.Hold();
        var published = PublishAsync(Message("a", "1", qos));
        published.IsCompleted.ShouldBeFalse();

        _store.Release();

        (await published).IsNotStored(0).ShouldBeFalse();
        _store.Writes.ShouldBe(["a=1"]);
    }

    [Fact]
    public async Task Who_waits_is_read_already()
    {
        _store.Hold();
        var published = PublishAsync(Message("a", "1", QualityOfService.AtLeastOnce));

        (await ReadAsync("#")).ShouldBe(["a=1"]);

        _store.Release();
        await published;
    }

    [Fact]
    public async Task While_a_write_is_under_way_the_last_message_of_a_topic_waits()
    {
        _store.Hold();
        for (var i = 1; i <= 5; i++)
            await PublishAsync(Message("a", $"{i}", QualityOfService.AtMostOnce), Message("b", $"{i}", QualityOfService.AtMostOnce));
        var last = PublishAsync(Message("a", "", QualityOfService.AtLeastOnce));

        _store.Release();
        await last;

        _store.Writes.ShouldBe(["a=1 b=1", "a= b=5"]);
    }

    [Fact]
    public async Task A_message_that_the_store_refuses_is_not_acknowledged_and_written_later()
    {
        _store.Refuses = true;

        var batch = await PublishAsync(Message("a", "0", QualityOfService.AtMostOnce), Message("b", "1", QualityOfService.AtLeastOnce));

        (batch.IsNotStored(0), batch.IsNotStored(1)).ShouldBe((false, true));
        batch.Outcome(1).ShouldBe(ReasonCode.QuotaExceeded);
        (await ReadAsync("#")).ShouldBe(["a=0", "b=1"], ignoreOrder: true);
        _store.Refuses = false;
        _cluster.Time.Advance(TimeSpan.FromMilliseconds(100));
        _store.Writes.ShouldBe(["a=0 b=1"]);
    }

    [Fact]
    public async Task What_was_refused_does_not_come_after_what_is_newer()
    {
        _store.Refuses = true;
        await PublishAsync(Message("a", "old", QualityOfService.AtLeastOnce));
        _store.Refuses = false;

        (await PublishAsync(Message("a", "new", QualityOfService.AtLeastOnce))).IsNotStored(0).ShouldBeFalse();

        _cluster.Time.Advance(TimeSpan.FromMinutes(1));
        _store.Writes.ShouldBe(["a=new"]);
    }

    [Fact]
    public async Task What_was_refused_is_written_with_what_comes_next()
    {
        _store.Refuses = true;
        await PublishAsync(Message("a", "1", QualityOfService.AtLeastOnce));
        _store.Refuses = false;

        await PublishAsync(Message("b", "1", QualityOfService.AtMostOnce));

        _store.Rows.Keys.ShouldBe(["a", "b"], ignoreOrder: true);
    }

    [Fact]
    public async Task Who_removes_what_is_being_removed_waits_for_that()
    {
        await PublishAsync(Message("a", "1", QualityOfService.AtLeastOnce));
        _store.Hold();
        var first = PublishAsync(Message("a", "", QualityOfService.AtMostOnce));
        var second = PublishAsync(Message("a", "", QualityOfService.AtLeastOnce));

        (first.IsCompleted, second.IsCompleted).ShouldBe((true, false));

        _store.Release();
        await second;
        _store.Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_store_that_fails_otherwise_is_an_error_for_who_waits_and_tried_again()
    {
        _store.Fails = true;

        await PublishAsync(Message("a", "1", QualityOfService.AtMostOnce));
        await Should.ThrowAsync<IOException>(() => PublishAsync(Message("b", "1", QualityOfService.AtLeastOnce)));

        _store.Fails = false;
        _cluster.Time.Advance(TimeSpan.FromSeconds(1));
        _store.Rows.Keys.ShouldBe(["a", "b"], ignoreOrder: true);
    }

    [Fact]
    public async Task Who_came_while_a_write_was_refused_is_refused_too()
    {
        _store.Hold();
        var first = PublishAsync(Message("a", "1", QualityOfService.AtLeastOnce));
        var second = PublishAsync(Message("a", "2", QualityOfService.AtLeastOnce));
        _store.Refuses = true;

        _store.Release();

        (await first).IsNotStored(0).ShouldBeTrue();
        (await second).IsNotStored(0).ShouldBeTrue();
        _store.Refuses = false;
        _cluster.Time.Advance(TimeSpan.FromMilliseconds(100));
        _store.Writes.ShouldBe(["a=2"]);
    }

    [Fact]
    public async Task Pauses_grow_while_the_store_refuses_and_nothing_is_lost()
    {
        _store.Refuses = true;
        await PublishAsync(Message("a", "1", QualityOfService.AtMostOnce));
        _cluster.Time.Advance(TimeSpan.FromMinutes(10));
        _store.Refuses = false;

        _cluster.Time.Advance(TimeSpan.FromSeconds(5));

        _store.Writes.ShouldBe(["a=1"]);
    }

    [Fact]
    public async Task A_message_that_expired_while_it_waited_is_not_written()
    {
        _store.Rows["a"] = Message("a", "older", QualityOfService.AtMostOnce);
        _store.Refuses = true;
        await PublishAsync(Message("a", "1", QualityOfService.AtMostOnce, expiresAt: _cluster.Time.GetUtcNow().ToUnixTimeMilliseconds() + 50));
        _store.Refuses = false;

        _cluster.Time.Advance(TimeSpan.FromMilliseconds(100));

        _store.Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task When_too_much_waits_messages_are_refused_at_any_QoS()
    {
        _store.Hold();
        var large = new byte[1024 * 1024];
        for (var i = 0; i < RetainedWrites.MaxWaiting / large.Length; i++)
            await PublishAsync(Messages.Message.Create(new Topic($"large/{i}"), large, retain: true));

        var refused = await PublishAsync(Message("a", "1", QualityOfService.AtMostOnce), Message("b", "1", QualityOfService.AtLeastOnce));

        (refused.IsNotStored(0), refused.IsNotStored(1)).ShouldBe((true, true));
        (await ReadAsync("+")).ShouldBeEmpty();
        _store.Release();
        (await PublishAsync(Message("b", "1", QualityOfService.AtLeastOnce))).IsNotStored(0).ShouldBeFalse();
        _store.Rows.Count.ShouldBe(65);
    }

    private static Message Message(string topic, string payload, QualityOfService qos, long expiresAt = Messages.Message.Never) =>
        Messages.Message.Create(new Topic(topic), System.Text.Encoding.UTF8.GetBytes(payload), qos, retain: true, expiresAt: expiresAt);

    private async Task<PublishBatch> PublishAsync(params Message[] messages)
    {
        var batch = new PublishBatch();
        foreach (var message in messages)
            batch.Add(message);
        await _cluster.Shard.PublishAsync(batch, origin: null);
        return batch;
    }

    private async Task<IEnumerable<string>> ReadAsync(string filter) =>
        (await _cluster.Shard.ReadRetainedAsync(new RetainedCursor(filter), 100)).Messages.Select(m => $"{m.Topic.Text}={TestEdge.Text(m)}");
}
