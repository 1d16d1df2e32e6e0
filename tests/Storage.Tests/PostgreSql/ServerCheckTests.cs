using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Starling.Broker.Contracts;
using Starling.Storage.PostgreSql;
using Starling.Testing.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql;

/// <summary>What stands between the broker and its database, or is not what it depends on.</summary>
public sealed class ServerCheckTests(SharedPostgres postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PgBouncer_in_transaction_mode_is_refused()
    {
        Assert.SkipUnless(PgBouncer.IsInstalled, "pgbouncer is not installed");
        await using var bouncer = await PgBouncer.StartAsync(await postgres.CreateDatabaseAsync(), "transaction");
        await using var database = Make(bouncer.ConnectionString);

        (await Should.ThrowAsync<DatabaseException>(() => database.OpenAsync(Cancellation))).Message
            .ShouldEndWith("changes the server process between transactions; connect to the server itself, or use pool_mode = session");
    }

    [Fact]
    public async Task PgBouncer_in_session_mode_is_not_refused()
    {
        Assert.SkipUnless(PgBouncer.IsInstalled, "pgbouncer is not installed");
        var text = await postgres.CreateDatabaseAsync();
        await (await postgres.ServerAsync()).ExecuteAsync("alter role starling set search_path = starling");
        await using var bouncer = await PgBouncer.StartAsync(text, "session");
        await using var database = Make(bouncer.ConnectionString);

        await database.OpenAsync(Cancellation);
    }

    [Fact]
    public async Task A_Unix_socket_is_used_with_the_login_of_the_operating_system()
    {
        var server = await postgres.ServerAsync();
        var text = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync());
        await server.AllowPeerAsync("starling");
        await using var database = Make($"Host={server.Folder};Port={server.Port};Database={text.Database};Username=starling");

        await database.OpenAsync(Cancellation);

        await using var connection = await database.ConnectAsync("lock", Cancellation);
        (await connection.ScalarAsync("select client_addr is null from pg_stat_activity where pid = pg_backend_pid()", Cancellation)).ShouldBe(true);
    }

    [Fact]
    public async Task A_database_that_is_set_to_read_only_is_refused()
    {
        var text = await postgres.CreateDatabaseAsync();
        await using (var database = Make(text))
            await database.OpenAsync(Cancellation);
        await (await postgres.ServerAsync()).ExecuteAsync($"alter database {new NpgsqlConnectionStringBuilder(text).Database} set default_transaction_read_only = on");
        await using var again = Make(text);

        (await Should.ThrowAsync<DatabaseException>(() => again.OpenAsync(Cancellation))).Message
            .ShouldEndWith("takes no writes: default_transaction_read_only is on for the server, the database or the user");
    }

    [Fact]
    public async Task A_standby_is_waited_for_and_never_read_from()
    {
        await using var server = await PostgresServer.StartAsync();
        var text = await server.CreateDatabaseAsync();
        await server.StopAsync(immediate: false);
        await server.BecomeStandbyAsync();
        await using (var database = Make(text, startTimeout: TimeSpan.FromSeconds(1)))
        {
            (await Should.ThrowAsync<DatabaseException>(() => database.OpenAsync(Cancellation))).Message
                .ShouldEndWith("the server is a standby, which takes no writes; waited 1 s for it");
            await Should.ThrowAsync<NpgsqlException>(async () => await database.Source.OpenConnectionAsync(Cancellation));
        }

        await using var waiting = Make(text);
        var open = waiting.OpenAsync(Cancellation);
        await server.ExecuteAsync("select pg_promote()");

        await open;
    }

    [Fact]
    public async Task After_a_failover_reads_follow_the_writer_to_the_new_server()
    {
        await using var before = await PostgresServer.StartAsync();
        await using var after = await PostgresServer.StartAsync();
        var text = new NpgsqlConnectionStringBuilder(await before.CreateDatabaseAsync());
        await after.CreateDatabaseAsync();
        await using var address = new MovingAddress(before.Port);
        text.Port = address.Port;
        await using var stores = await PostgreSqlStores.OpenAsync(text.ConnectionString);
        await using (var prepared = await PostgreSqlStores.OpenAsync(new NpgsqlConnectionStringBuilder(text.ConnectionString) { Port = after.Port }.ConnectionString))
        {
            await stores.Shards.TakeAsync("t", 0);
            await prepared.Shards.TakeAsync("t", 0);
            await prepared.Shards.TakeAsync("t", 0);
        }

        (await stores.Shards.IsCurrentAsync(new ShardFencingToken("t", 0, 1))).ShouldBeTrue();
        await stores.Sessions.TakeAsync(new SessionKey("t", "a"), 1);
        // The old server still answers those who are connected to it.
        address.Target = after.Port;
        await before.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'starling writer'");
        await stores.Sessions.TakeAsync(new SessionKey("t", "a"), 1);

        (await stores.Shards.IsCurrentAsync(new ShardFencingToken("t", 0, 2))).ShouldBeTrue();
    }

    private static Database Make(string connectionString, TimeSpan? startTimeout = null) => new(
        new PostgreSqlOptions { ConnectionString = connectionString, StartTimeout = startTimeout ?? TimeSpan.FromSeconds(30) },
        NullLoggerFactory.Instance,
        TimeProvider.System);

    /// <summary>An address that leads to one server, and later to another; connections stay where they are.</summary>
    private sealed class MovingAddress : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly List<TcpClient> _connections = [];
        private readonly Task _accepting;

        public MovingAddress(int target)
        {
            Target = target;
            _listener.Start();
            _accepting = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public int Target { get; set; }

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _accepting;
            _connections.ForEach(connection => connection.Dispose());
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptTcpClientAsync();
                    var server = new TcpClient();
                    _connections.AddRange([client, server]);
                    await server.ConnectAsync(IPAddress.Loopback, Target);
                    _ = PumpAsync(client, server);
                    _ = PumpAsync(server, client);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
            }
        }

        private static async Task PumpAsync(TcpClient from, TcpClient to)
        {
            try
            {
                await from.GetStream().CopyToAsync(to.GetStream());
                to.Client.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
            }
        }
    }
}
