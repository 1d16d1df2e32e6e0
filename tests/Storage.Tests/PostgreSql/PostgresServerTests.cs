using Npgsql;
using Starling.Testing.PostgreSql;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace Starling.Storage.Tests.PostgreSql;

public sealed class PostgresServerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_can_be_paused_restarted_and_leaves_nothing()
    {
        var server = await PostgresServer.StartAsync(new Dictionary<string, string> { ["max_connections"] = "20" });
        await using (server)
        {
            var database = await server.CreateDatabaseAsync();
            await using var source = NpgsqlDataSource.Create(database);
            await using (var connection = await source.OpenConnectionAsync(Cancellation))
            {
                (await ScalarAsync(connection, "show max_connections")).ShouldBe("20");
                (await ScalarAsync(connection, "select rolsuper from pg_roles where rolname = current_user")).ShouldBe(false);
                await server.PauseAsync();
                var answer = ScalarAsync(connection, "select 1");
                answer.IsCompleted.ShouldBeFalse();
                await server.ResumeAsync();
                (await answer.WaitAsync(Patience, Cancellation)).ShouldBe(1);
                await server.KillBackendsAsync(connection.Database);
                await Should.ThrowAsync<NpgsqlException>(() => ScalarAsync(connection, "select 1"));
            }

            await server.RestartAsync(immediate: true);

            NpgsqlConnection.ClearAllPools();
            await using var again = await source.OpenConnectionAsync(Cancellation);
            (await ScalarAsync(again, "select 1")).ShouldBe(1);
            server.Log.ShouldContain("automatic recovery");
            // It ends also while it stands still.
            await server.PauseAsync();
        }
        Directory.Exists(server.Folder).ShouldBeFalse();
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancellation);
    }
}
