using Starling.Protocol;
using Starling.Testing.PostgreSql;
using static Starling.Storage.Tests.PostgreSql.Retained.RetainedBroker;

namespace Starling.Storage.Tests.PostgreSql.Retained;

public sealed class RetainedRestartTests(SharedPostgres postgres)
{
    private static readonly string Large = new('x', 300_000);

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_restart()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using (var broker = await StartAsync(database))
        {
            await broker.PublishAsync(Message("a", "1"), Message("b", "1"), Message("c/large", Large));
            await broker.PublishAsync(Message("a", "2", QualityOfService.ExactlyOnce), Message("b", ""));
        }

        await using var again = await StartAsync(database);

        var replayed = await again.ReplayAsync("#");
        replayed.Keys.ShouldBe(["a", "c/large"]);
        (replayed["a"], replayed["c/large"]).ShouldBe(("2", Large));
        again.Count.ShouldBe(2);
        (await again.ReplayAsync("c/+"))["c/large"].ShouldBe(Large);
    }

    [Fact]
    public async Task A_wildcard_replay_of_many_large_messages_brings_each_once()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var broker = await StartAsync(database);
        for (var i = 0; i < 20; i++)
            await broker.PublishAsync(Message($"a/{i}", Large + i), Message($"b/{i}", "small"));

        var replayed = await broker.ReplayAsync("a/#");

        replayed.Count.ShouldBe(20);
        for (var i = 0; i < 20; i++)
            replayed[$"a/{i}"].ShouldBe(Large + i);
    }

    [Fact]
    public async Task Whoever_publishes_at_once_index_and_store_agree_on_who_was_last()
    {
        var database = await postgres.CreateDatabaseAsync();
        SortedDictionary<string, string> before;
        await using (var broker = await StartAsync(database))
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(publisher => Task.Run(async () =>
            {
                var random = new Random(publisher);
                for (var i = 0; i < 200; i++)
                {
                    var payload = random.Next(10) == 0 ? "" : $"{publisher}/{i}/{new string('x', random.Next(2) * 2000)}";
                    await broker.PublishAsync(Message($"a/{random.Next(10)}", payload, (QualityOfService)(i % 3)));
                }
            })));
            await broker.PublishAsync(Message("end", "1"));
            before = await broker.ReplayAsync("#");
        }

        await using var again = await StartAsync(database);

        (await again.ReplayAsync("#")).ShouldBe(before);
        before.Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Rows_of_messages_that_expire_are_removed()
    {
        await using var broker = await StartAsync(await postgres.CreateDatabaseAsync());
        await broker.PublishAsync(Message("a", "1", expiresAt: broker.Now + 1000), Message("b", "1"), Message("c", Large, expiresAt: broker.Now + 1000));
        (await broker.ReplayAsync("#")).Keys.ShouldBe(["a", "b", "c"]);

        broker.Time.Advance(TimeSpan.FromSeconds(1));
        // Joins the sweep that is under way, or finds nothing left.
        await broker.Store.RemoveExpiredAsync("t", [], broker.Now);

        (await broker.ReplayAsync("#")).Keys.ShouldBe(["b"]);
        (await broker.ScalarAsync("select string_agg(topic, ' ') from retained")).ShouldBe("b");
        broker.Count.ShouldBe(1);
    }
}
