using Npgsql;
using Starling.Broker.Contracts;
using Starling.Protocol;
using Starling.Testing.PostgreSql;
using static Starling.Storage.Tests.PostgreSql.Retained.RetainedBroker;

namespace Starling.Storage.Tests.PostgreSql.Writing;

/// <summary>The server refuses one write, by a trigger that stands for whatever a server may have against it.</summary>
public sealed class RejectedWriteTests(SharedPostgres postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("22P05")]
    [InlineData("P0001")]
    [InlineData("XX001")]
    public async Task A_retained_message_that_is_rejected_is_dropped_and_the_others_of_its_tenant_are_stored(string sqlState)
    {
        var database = await postgres.CreateDatabaseAsync();
        await using (var broker = await StartAsync(database))
        {
            await RejectAsync(database, "retained", "new.topic = 'bad'", sqlState);

            var refused = await broker.PublishAsync(Message("a", "1"), Message("bad", "1"), Message("b", "1")).WaitAsync(Patience, Cancellation);
            // Nobody is to send it again: a will would be published for ever.
            (refused.Outcome(1), refused.IsNotStored(1)).ShouldBe((ReasonCode.QuotaExceeded, false));
            (await broker.PublishAsync(Message("c", "1")).WaitAsync(Patience, Cancellation)).IsNotStored(0).ShouldBeFalse();
            (await broker.ReplayAsync("#")).Keys.Order().ShouldBe(["a", "b", "c"]);
        }

        await using var again = await StartAsync(database);
        (await again.ReplayAsync("#")).Keys.Order().ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public async Task A_session_that_is_rejected_does_not_stop_the_others()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var stores = await PostgreSqlStores.OpenAsync(database);
        await RejectAsync(database, "sessions", "new.client_id = 'bad'", "42501");

        var bad = Save("bad");
        var good = Save("good");

        await Should.ThrowAsync<StoreUnavailableException>(() => bad.WaitAsync(Patience, Cancellation));
        (await good.WaitAsync(Patience, Cancellation)).Key.ClientId.ShouldBe("good");
        stores.Writer.Problem.ShouldBeNull();

        Task<SessionFencingToken> Save(string clientId) =>
            stores.Sessions.SaveAsync(new SessionKey("t", clientId), 0, new SessionState(1, null, 60, null, null, null)).AsTask();
    }

    [Fact]
    public async Task What_the_server_may_take_later_is_repeated_until_it_does()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var broker = await StartAsync(database);
        await RejectAsync(database, "retained", "true", "53100");

        var stored = broker.PublishAsync(Message("a", "1"));
        await broker.FailedAsync();
        stored.IsCompleted.ShouldBeFalse();
        await ExecuteAsync(database, "drop trigger reject on retained");

        (await stored.WaitAsync(Patience, Cancellation)).IsNotStored(0).ShouldBeFalse();
    }

    private static Task RejectAsync(string database, string table, string condition, string sqlState) => ExecuteAsync(
        database,
        $"""
        create function reject() returns trigger language plpgsql as $$
            begin if {condition} then raise exception 'rejected' using errcode = '{sqlState}'; end if; return new; end $$;
        create trigger reject before insert on {table} for each row execute function reject();
        """);

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { SearchPath = "starling", Pooling = false }.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
