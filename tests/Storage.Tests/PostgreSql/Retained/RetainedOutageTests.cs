using Starling.Protocol;
using Starling.Testing.PostgreSql;
using static Starling.Storage.Tests.PostgreSql.Retained.RetainedBroker;

namespace Starling.Storage.Tests.PostgreSql.Retained;

public sealed class RetainedOutageTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string Large = new('x', 5000);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_PostgreSQL_is_away_the_index_is_read_and_writes_wait()
    {
        await using var server = await PostgresServer.StartAsync();
        var database = await server.CreateDatabaseAsync();
        await using (var broker = await StartAsync(database))
        {
            await broker.PublishAsync(Message("s/a", "1"), Message("large", Large), Message("s/gone", "1"));
            await server.StopAsync(immediate: true);

            for (var i = 2; i < 1000; i++)
                await broker.PublishAsync(Message("s/a", $"{i}", QualityOfService.AtMostOnce), Message("s/gone", "", QualityOfService.AtMostOnce));
            var safely = broker.PublishAsync(Message("s/b", "1", QualityOfService.ExactlyOnce));
            (await broker.ReplayAsync("s/#")).ShouldBe(new Dictionary<string, string> { ["s/a"] = "999", ["s/b"] = "1" });
            safely.IsCompleted.ShouldBeFalse();
            var large = broker.ReplayAsync("large");
            large.IsCompleted.ShouldBeFalse();
            await server.StartAgainAsync();

            (await safely.WaitAsync(Patience, Cancellation)).IsNotStored(0).ShouldBeFalse();
            (await large.WaitAsync(Patience, Cancellation))["large"].ShouldBe(Large);
        }

        await using var again = await StartAsync(database);
        (await again.ReplayAsync("#")).ShouldBe(new Dictionary<string, string> { ["large"] = Large, ["s/a"] = "999", ["s/b"] = "1" });
    }

    [Fact]
    public async Task When_too_much_waits_publishers_are_refused_and_the_store_catches_up_later()
    {
        await using var server = await PostgresServer.StartAsync();
        var database = await server.CreateDatabaseAsync();
        await using (var broker = await StartAsync(database, queueBytes: 1))
        {
            await broker.PublishAsync(Message("a", "1"));
            await server.StopAsync(immediate: true);
            // Fills the writer's queue, as a session's write would.
            var waits = broker.Store.SetAsync("other", [Message("a", "1")]).AsTask();

            var refused = await broker.PublishAsync(Message("a", "2"), Message("b", "2", QualityOfService.AtMostOnce));

            (refused.IsNotStored(0), refused.IsNotStored(1)).ShouldBe((true, false));
            await server.StartAgainAsync();
            await waits.WaitAsync(Patience, Cancellation);
            broker.Time.Advance(TimeSpan.FromSeconds(5));
            (await broker.PublishAsync(Message("c", "3"))).IsNotStored(0).ShouldBeFalse();
        }

        await using var again = await StartAsync(database);
        (await again.ReplayAsync("#")).ShouldBe(new Dictionary<string, string> { ["a"] = "2", ["b"] = "2", ["c"] = "3" });
    }

    [Fact]
    public async Task A_start_of_the_shard_waits_for_PostgreSQL()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var broker = await StartAsync(await server.CreateDatabaseAsync());
        await broker.Store.SetAsync("t", [Message("a", "1")]);
        await server.StopAsync(immediate: true);

        var replay = broker.ReplayAsync("a");
        replay.IsCompleted.ShouldBeFalse();
        await server.StartAgainAsync();

        (await replay.WaitAsync(Patience, Cancellation))["a"].ShouldBe("1");
    }
}
