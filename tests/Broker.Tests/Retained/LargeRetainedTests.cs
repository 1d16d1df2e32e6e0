using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Broker.Tests.Retained;

/// <summary>Payloads that are too large to be all in memory.</summary>
public sealed class LargeRetainedTests : IDisposable
{
    private readonly StoreOnTrial _store = new();
    private readonly TestCluster _cluster;

    public LargeRetainedTests() => _cluster = new TestCluster(retained: _store);

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task Small_messages_are_never_read_from_the_store()
    {
        await PublishAsync("a", RetainedRow.SmallBody);

        (await ReadAsync("#")).ShouldBe([("a", RetainedRow.SmallBody)]);
        _store.Reads.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_large_message_is_read_from_the_store_once_it_is_there()
    {
        await PublishAsync("a", RetainedRow.SmallBody + 1);

        (await ReadAsync("a")).ShouldBe([("a", RetainedRow.SmallBody + 1)]);
        _store.Reads.ShouldHaveSingleItem().ShouldBe(["a"]);
    }

    [Fact]
    public async Task Until_then_it_is_in_memory()
    {
        _store.Hold();
        var published = PublishAsync("a", 2000);

        (await ReadAsync("a")).ShouldBe([("a", 2000)]);
        _store.Reads.ShouldBeEmpty();
        _store.Release();
        await published;
    }

    [Fact]
    public async Task A_newer_one_stays_in_memory_when_the_older_is_written()
    {
        _store.Hold();
        var older = PublishAsync("a", 2000);
        var newer = PublishAsync("a", 3000);
        _store.ReleaseFirst();
        await older;

        (await ReadAsync("a")).ShouldBe([("a", 3000)]);
        _store.Reads.ShouldBeEmpty();
        _store.Release();
        await newer;
    }

    [Fact]
    public async Task A_store_that_ends_with_the_process_is_not_asked()
    {
        _store.OutlivesProcess = false;
        using var cluster = new TestCluster(retained: _store);
        var message = Message.Create(new Topic("a"), new byte[2000], retain: true);

        await cluster.PublishAsync(message);

        (await cluster.Shard.ReadRetainedAsync(new RetainedCursor("#"), 10)).Messages.ShouldHaveSingleItem().ShouldBeSameAs(message);
        _store.Reads.ShouldBeEmpty();
    }

    [Fact]
    public async Task They_are_read_page_by_page()
    {
        for (var i = 0; i < 10; i++)
            await PublishAsync($"a/{i}", 100 * 1024);

        (await ReadAsync("a/+")).Count.ShouldBe(10);

        _store.Reads.Select(topics => topics.Count).ShouldBe([3, 3, 3, 1]);
    }

    [Fact]
    public async Task One_that_has_gone_meanwhile_is_left_out()
    {
        await PublishAsync("a", 2000);
        _store.Rows.Clear();

        (await ReadAsync("a")).ShouldBeEmpty();
    }

    [Fact]
    public async Task It_keeps_QoS_properties_and_size_but_not_its_publisher()
    {
        var message = Message.Create(
            new Topic("a"), new byte[2000], QualityOfService.ExactlyOnce, retain: true, [1, 1], publisher: new Publisher("p", 1, 7), packetIdentifier: 9);
        await _cluster.PublishAsync(message);

        var read = (await _cluster.Shard.ReadRetainedAsync(new RetainedCursor("a"), 10)).Messages.ShouldHaveSingleItem();

        (read.QoS, read.Retain, read.Size, read.RepeatableIdentifier, read.Publisher).ShouldBe((message.QoS, true, message.Size, (ushort)0, null));
        read.ForwardedProperties.ToArray().ShouldBe([1, 1]);
    }

    private async Task PublishAsync(string topic, int length) =>
        await _cluster.PublishAsync(Message.Create(new Topic(topic), new byte[length], QualityOfService.AtLeastOnce, retain: true));

    private async Task<List<(string Topic, int Length)>> ReadAsync(string filter)
    {
        var read = new List<(string, int)>();
        var cursor = new RetainedCursor(filter);
        bool more;
        do
        {
            (var messages, more) = await _cluster.Shard.ReadRetainedAsync(cursor, 100);
            read.AddRange(messages.Select(m => (m.Topic.Text, m.PayloadLength)));
        }
        while (more);
        return read;
    }
}
