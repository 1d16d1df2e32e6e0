using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Starling.Broker.Contracts;
using Starling.Storage.PostgreSql.Inboxes;
using Starling.Testing;
using Starling.Testing.PostgreSql;
using static Starling.Storage.Tests.Contracts.Stores;

namespace Starling.Storage.Tests.PostgreSql;

/// <summary>Tables stay as small as what is in them.</summary>
public sealed class TableGrowthTests(SharedPostgres postgres)
{
    private const int Rounds = 5;
    private const int PerRound = 40_000;
    private const int PerAppend = 1000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_that_come_and_go_do_not_make_the_inbox_grow()
    {
        // What autovacuum does in an hour of a server's life is to be seen in seconds.
        await using var server = await PostgresServer.StartAsync(new Dictionary<string, string> { ["autovacuum_naptime"] = "1s" });
        await using var stores = await PostgreSqlStores.OpenAsync(await server.CreateDatabaseAsync());
        var session = await stores.BeginAsync();
        var sizes = new List<long>();
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < PerRound; i += PerAppend)
            {
                var from = (round * PerRound) + i;
                await stores.Inboxes.AppendAsync(session, Entries(from, PerAppend));
                await stores.Inboxes.AcknowledgeAsync(session, Done(Enumerable.Range(from, PerAppend).Select(number => (long)number)));
            }

            (await stores.NumbersAsync(session)).ShouldBeEmpty();
            await VacuumedAsync(stores, round + 1);
            sizes.Add(await ScalarAsync(stores, "select pg_total_relation_size('starling.inbox')"));
        }

        // Of all that were written more than 20 MB would be left; of one round about 5.
        sizes.Max().ShouldBeLessThan(10 * 1024 * 1024, string.Join(' ', sizes));
    }

    [Fact]
    public async Task Nothing_of_a_session_that_ended_is_left()
    {
        await using var stores = await PostgreSqlStores.OpenAsync(await postgres.CreateDatabaseAsync());
        var sessions = await FanOutAsync(stores);
        await stores.Sessions.SetSubscriptionsAsync(sessions[0], [To("a/#")], []);
        await stores.Sessions.SetReceivedAsync(sessions[0], [1, 2], []);
        foreach (var session in sessions)
            await stores.Sessions.DeleteAsync(session.Key, session.Epoch);

        await using var discarded = Discarded(stores);
        await discarded.EmptyAsync(Cancellation);
        await stores.BeginAsync();
        await stores.Sessions.DeleteAsync(Me, 1);

        foreach (var table in (string[])["sessions", "subscriptions", "received", "delivered", "inbox", "messages", "discarded"])
            (await ScalarAsync(stores, $"select count(*) from starling.{table}")).ShouldBe(0, table);
    }

    [Fact]
    public async Task A_message_of_many_inboxes_goes_with_the_last_of_its_entries()
    {
        await using var stores = await PostgreSqlStores.OpenAsync(await postgres.CreateDatabaseAsync());
        var sessions = await FanOutAsync(stores);

        await Task.WhenAll(sessions.Select(session => stores.Inboxes.AcknowledgeAsync(session, Done(0)).AsTask()));

        (await stores.NumbersAsync(sessions[^1])).ShouldBeEmpty();
        // Whatever is written next takes it along.
        await stores.BeginAsync();
        (await ScalarAsync(stores, "select count(*) from starling.messages")).ShouldBe(0);
    }

    [Fact]
    public async Task A_message_that_a_crash_has_left_without_entries_is_found()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using (var first = await PostgreSqlStores.OpenAsync(database))
        {
            await FanOutAsync(first);
            // As when the process dies after the removal of the last entry.
            await using var command = first.Database.Source.CreateCommand("delete from starling.inbox");
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        await using var stores = await PostgreSqlStores.OpenAsync(database);
        (await ScalarAsync(stores, "select count(*) from starling.messages")).ShouldBe(1);
        await using var discarded = Discarded(stores);
        await discarded.RemoveOrphansAsync(Cancellation);

        (await ScalarAsync(stores, "select count(*) from starling.messages")).ShouldBe(0);
    }

    /// <summary>One message lies in the inboxes of ten sessions.</summary>
    private static async Task<SessionFencingToken[]> FanOutAsync(PostgreSqlStores stores)
    {
        var sessions = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => stores.BeginAsync(new SessionKey("acme", $"s{i}"))));
        InboxEntry[] entries = [new InboxEntry(0, Delivery())];
        Task Append(SessionFencingToken session) => stores.Inboxes.AppendAsync(session, entries).AsTask();
        List<Task> appended = [];
        await using (var connection = await stores.Database.Source.OpenConnectionAsync(Cancellation))
        await using (var transaction = await connection.BeginTransactionAsync(Cancellation))
        {
            await using var stop = new NpgsqlCommand("lock table starling.inbox in exclusive mode", connection, transaction);
            await stop.ExecuteNonQueryAsync(Cancellation);
            // The first one goes by itself; those that come while it is written go together.
            appended.Add(Append(sessions[0]));
            while (await ScalarAsync(stores, "select count(*) from pg_locks where relation = 'starling.inbox'::regclass and not granted") == 0)
                await Task.Delay(TimeSpan.FromMilliseconds(10), Cancellation);
            appended.AddRange(sessions[1..].Select(Append));
            await transaction.CommitAsync(Cancellation);
        }

        await Task.WhenAll(appended);
        (await ScalarAsync(stores, "select count(*) from starling.messages")).ShouldBe(1);
        return sessions;
    }

    private static DiscardedInboxes Discarded(PostgreSqlStores stores) =>
        new(stores.Database, stores.Writer, new ManualTime(), NullLogger<DiscardedInboxes>.Instance);

    private static async Task VacuumedAsync(PostgreSqlStores stores, int times)
    {
        var question = $"select count(*) from pg_stat_user_tables where relname = 'inbox' and autovacuum_count >= {times} and n_dead_tup < 10000";
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var left = (int)(TimeSpan.FromSeconds(30) / looks.Period); await ScalarAsync(stores, question) == 0; left--)
        {
            left.ShouldBePositive("autovacuum did not come");
            await looks.WaitForNextTickAsync(Cancellation);
        }
    }

    private static async Task<long> ScalarAsync(PostgreSqlStores stores, string sql)
    {
        await using var command = stores.Database.Source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
