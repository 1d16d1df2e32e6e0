using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;
using Starling.Testing.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql.Retained;

public sealed class PostgreSqlRetainedStoreTests(SharedPostgres postgres) : IAsyncLifetime
{
    private RetainedBroker _broker = null!;

    public async ValueTask InitializeAsync() => _broker = await RetainedBroker.StartAsync(await postgres.CreateDatabaseAsync());

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public async Task Of_a_topic_the_last_message_of_a_batch_counts()
    {
        await SetAsync(Of("a", "1"), Of("b", "1"), Of("a", "2"), Of("b", ""), Of("c", ""), Of("c", "1"));

        (await TopicsAsync()).ShouldBe(["a=2", "c=1"]);
    }

    [Fact]
    public async Task A_message_keeps_what_belongs_to_it()
    {
        var message = Message.Create(
            new Topic("ü/€"), [1, 2, 3], QualityOfService.ExactlyOnce, retain: true, forwardedProperties: [1, 1], expiresAt: _broker.Now + 5);
        await SetAsync(message);

        var row = (await _broker.LoadAsync()).ShouldHaveSingleItem();

        (row.Topic, row.ExpiresAt, row.Size).ShouldBe(("ü/€", message.ExpiresAt, message.Size));
        (row.Message!.QoS, row.Message.Retain, row.Message.ExpiresAt).ShouldBe((QualityOfService.ExactlyOnce, true, message.ExpiresAt));
        row.Message.ForwardedProperties.ToArray().ShouldBe([1, 1]);
        row.Message.Payload.ToArray().ShouldBe([1, 2, 3]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_payload_is_loaded_when_it_is_small_and_read_when_it_is_large(int more)
    {
        var large = new string('x', RetainedRow.SmallBody + more);
        await SetAsync(Of("a/€", large));

        var row = (await _broker.LoadAsync()).ShouldHaveSingleItem();

        (row.Message is null).ShouldBe(more > 0);
        row.Size.ShouldBe(large.Length + 5);
        (await _broker.Store.ReadAsync("t", ["none", "a/€"], TestContext.Current.CancellationToken)).ShouldHaveSingleItem().PayloadLength.ShouldBe(large.Length);
    }

    [Fact]
    public async Task The_longest_topics_are_told_apart()
    {
        var longest = new string('a', 65_533);
        await SetAsync(Of(longest + "/1", "1"), Of(longest + "/2", "2"), Of(new string('/', 65_535), "3"));

        (await _broker.LoadAsync()).Select(row => row.Message!.Payload[0] - '0').Order().ShouldBe([1, 2, 3]);
        (await _broker.Store.ReadAsync("t", [longest + "/2"], TestContext.Current.CancellationToken)).ShouldHaveSingleItem().Topic.Text.ShouldBe(longest + "/2");
        await SetAsync(Of(longest + "/1", ""));
        (await _broker.LoadAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Each_topic_belongs_to_one_shard_of_its_tenant()
    {
        await SetAsync([.. Enumerable.Range(0, 100).Select(i => Of($"a/{i}", "x"))]);
        await _broker.Store.SetAsync("other", [Of("a/0", "x")]);

        var loaded = new List<string>();
        for (var shard = 0; shard < 4; shard++)
        {
            var rows = await _broker.LoadAsync(shard, 4);
            rows.ShouldAllBe(row => new Topic(row.Topic).Hash % 4 == shard);
            loaded.AddRange(rows.Select(row => row.Topic));
        }

        loaded.ShouldBe(Enumerable.Range(0, 100).Select(i => $"a/{i}"), ignoreOrder: true);
    }

    [Fact]
    public async Task What_has_expired_is_not_loaded_and_removed_in_batches()
    {
        await SetAsync([.. Enumerable.Range(0, 2500).Select(i => Of($"a/{i}", "x", _broker.Now - i))]);
        await SetAsync(Of("stays", "1"), Of("later", "1", _broker.Now + 1));

        (await TopicsAsync()).ShouldBe(["later=1", "stays=1"]);
        // Several ask at once, for one sweep.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _broker.Store.RemoveExpiredAsync("t", [], _broker.Now).AsTask()));

        (await _broker.ScalarAsync("select count(*) from retained")).ShouldBe(2L);
        await _broker.Store.RemoveExpiredAsync("t", [], _broker.Now + 1);
        (await _broker.ScalarAsync("select string_agg(topic, ' ') from retained")).ShouldBe("stays");
    }

    private static Message Of(string topic, string payload, long expiresAt = Message.Never) => RetainedBroker.Message(topic, payload, expiresAt: expiresAt);

    private ValueTask SetAsync(params Message[] messages) => _broker.Store.SetAsync("t", messages);

    private async Task<IEnumerable<string>> TopicsAsync() =>
        (await _broker.LoadAsync()).Select(row => $"{row.Topic}={System.Text.Encoding.UTF8.GetString(row.Message!.Payload)}").Order(StringComparer.Ordinal);
}
