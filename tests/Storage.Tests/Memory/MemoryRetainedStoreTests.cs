using Starling.Broker.Messages;
using Starling.Storage.Memory;

namespace Starling.Storage.Tests.Memory;

public sealed class MemoryRetainedStoreTests
{
    private readonly MemoryRetainedStore _store = new();

    [Fact]
    public async Task The_last_message_of_a_topic_is_kept()
    {
        await _store.SetAsync("acme", [Retained("a", "old"), Retained("a", "new")]);

        (await LoadAsync("acme", 0, 1)).ShouldHaveSingleItem().Payload.ToArray().ShouldBe("new"u8.ToArray());
    }

    [Fact]
    public async Task An_empty_payload_removes_the_topics_message()
    {
        await _store.SetAsync("acme", [Retained("a", "x")]);

        await _store.SetAsync("acme", [Retained("a", "")]);

        (await LoadAsync("acme", 0, 1)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_topic_belongs_to_one_shard_of_its_tenant()
    {
        await _store.SetAsync("acme", [.. Enumerable.Range(0, 100).Select(i => Retained($"a/{i}", "x"))]);
        await _store.SetAsync("other", [Retained("a/0", "x")]);

        var loaded = new List<string>();
        for (var shard = 0; shard < 4; shard++)
            loaded.AddRange((await LoadAsync("acme", shard, 4)).Select(m => m.Topic.Text));

        loaded.ShouldBe(Enumerable.Range(0, 100).Select(i => $"a/{i}"), ignoreOrder: true);
    }

    [Fact]
    public async Task What_has_expired_is_neither_loaded_nor_kept()
    {
        await _store.SetAsync("acme", [Retained("a", "x", expiresAt: 1000), Retained("b", "x", expiresAt: 1000), Retained("c", "x", expiresAt: 1001)]);

        await _store.RemoveExpiredAsync("acme", ["a", "c", "d"], now: 1000);

        (await _store.ReadAsync("acme", ["a", "b", "c"], TestContext.Current.CancellationToken)).Select(m => m.Topic.Text).ShouldBe(["b", "c"]);
        (await LoadAsync("acme", 0, 1)).ShouldHaveSingleItem().Topic.Text.ShouldBe("c");
        (await _store.ReadAsync("acme", ["b"], TestContext.Current.CancellationToken)).ShouldBeEmpty();
    }

    private static Message Retained(string topic, string payload, long expiresAt = Message.Never) =>
        Message.Create(new Topic(topic), System.Text.Encoding.UTF8.GetBytes(payload), retain: true, expiresAt: expiresAt);

    private async Task<List<Message>> LoadAsync(string tenant, int shard, int shards)
    {
        var messages = new List<Message>();
        await foreach (var row in _store.LoadAsync(tenant, shard, shards, now: 1000))
            messages.Add(row.Message!);
        return messages;
    }
}
