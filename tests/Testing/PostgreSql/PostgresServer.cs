using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Starling.Testing.PostgreSql;

/// <summary>
/// A PostgreSQL server of the tests' own, on a free port of 127.0.0.1 and in a folder of its own. It ends, and the folder goes, with
/// <see cref="DisposeAsync"/> and also when the test process is killed: a shell beside it waits for the end of its standard input.
/// What it has answered survives the end of its processes, which is as far as a test can go: it leaves the disk's cache to the system
/// (fsync is off), unless its settings say otherwise.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string Password = PostgresTemplate.Password;

    /// <summary>$1 is where the folder is made, $2 pg_ctl.</summary>
    private const string Guard = """
        trap '' INT TERM HUP
        folder=$(mktemp -d "$1/starling-postgres-XXXXXXXX") || exit 1
        echo "$folder"
        cat >/dev/null
        postmaster=$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)
        [ -n "$postmaster" ] && kill -CONT "$postmaster" $(cat "/proc/$postmaster/task/$postmaster/children") 2>/dev/null
        "$2" stop -D "$folder/data" -m immediate -w -t 30 >/dev/null 2>&1
        rm -rf "$folder"
        """;

    private readonly PostgresInstallation _installation;
    private readonly Process _guard;
    private int _databases;

    private PostgresServer(PostgresInstallation installation, Process guard, string folder)
    {
        _installation = installation;
        _guard = guard;
        Folder = folder;
    }

    /// <summary>Where its data, log and socket are.</summary>
    public string Folder { get; }

    public int Port { get; private set; }

    /// <summary>Of the superuser, in the database <c>postgres</c>.</summary>
    public string AdminConnectionString => ConnectionString("postgres", "postgres");

    /// <summary>What the server has said so far.</summary>
    public string Log => File.ReadAllText(LogFile);

    private string Data => Path.Combine(Folder, "data");

    private string LogFile => Path.Combine(Folder, "server.log");

    /// <param name="settings">Of postgresql.conf, such as <c>max_connections</c>.</param>
    /// <param name="parent">Where the folder is made; null is the machine's folder for temporary files.</param>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed, or does not start.</exception>
    public static async Task<PostgresServer> StartAsync(IReadOnlyDictionary<string, string>? settings = null, string? parent = null)
    {
        var installation = PostgresInstallation.Find();
        var guard = installation.Start(
            "sh", "-c", Guard, "guard", parent ?? Path.TrimEndingDirectorySeparator(Path.GetTempPath()), Path.Combine(installation.Programs, "pg_ctl"));
        var folder = await guard.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException(await guard.StandardError.ReadToEndAsync());
        var server = new PostgresServer(installation, guard, folder);
        try
        {
            await server.InitializeAsync(settings ?? new Dictionary<string, string>());
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes an empty database that belongs to the role <c>starling</c>, which is no superuser; returns that role's connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"starling_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync($"create database {name} owner starling");
        return ConnectionString(name, "starling");
    }

    /// <summary>Runs one statement as superuser.</summary>
    public async Task ExecuteAsync(string sql, string database = "postgres")
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database, "postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>What is in a database, as SQL.</summary>
    public Task<string> DumpAsync(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        return _installation.RunAsync("pg_dump", "-d", $"host={builder.Host} port={Port} dbname={builder.Database} user={builder.Username} password={Password}");
    }

    /// <summary>Ends every connection to a database, as an administrator may.</summary>
    public Task KillBackendsAsync(string database) =>
        ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database}' and pid <> pg_backend_pid()");

    /// <param name="immediate">As when the machine loses power: nothing is written any more, and the start recovers from the log.</param>
    public async Task StopAsync(bool immediate) =>
        await _installation.RunAsync("pg_ctl", "stop", "-D", Data, "-m", immediate ? "immediate" : "fast", "-w", "-t", "60");

    /// <summary>After <see cref="StopAsync"/>, on the same port; returns when it takes connections.</summary>
    public async Task StartAgainAsync() => await _installation.RunAsync("pg_ctl", "start", "-D", Data, "-l", LogFile, "-w", "-t", "60");

    public async Task RestartAsync(bool immediate)
    {
        await StopAsync(immediate);
        await StartAgainAsync();
    }

    /// <summary>After <see cref="StopAsync"/>: starts again as a standby, of nobody, until it is promoted.</summary>
    public async Task BecomeStandbyAsync()
    {
        await _installation.RunAsync("touch", Path.Combine(Data, "standby.signal"));
        await StartAgainAsync();
    }

    /// <summary>Lets the user of this process log in as a role over the Unix socket in <see cref="Folder"/>, without a password.</summary>
    public async Task AllowPeerAsync(string role)
    {
        await File.AppendAllTextAsync(Path.Combine(Data, "pg_ident.conf"), $"tests {Environment.UserName} {role}\n");
        var hba = Path.Combine(Data, "pg_hba.conf");
        await File.WriteAllTextAsync(hba, $"local all {role} peer map=tests\n" + await File.ReadAllTextAsync(hba));
        await ExecuteAsync("select pg_reload_conf()");
    }

    /// <summary>Stands still, with its connections open, until <see cref="ResumeAsync"/>.</summary>
    public Task PauseAsync() => SignalAsync("STOP");

    public Task ResumeAsync() => SignalAsync("CONT");

    public async ValueTask DisposeAsync()
    {
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync();
        _guard.Dispose();
    }

    private async Task InitializeAsync(IReadOnlyDictionary<string, string> settings)
    {
        await PostgresTemplate.CopyToAsync(_installation, Folder);
        Port = FreePort();
        var own = new Dictionary<string, string>(settings)
        {
            ["fsync"] = settings.GetValueOrDefault("fsync", "off"),
            ["listen_addresses"] = "127.0.0.1",
            ["port"] = Port.ToString(CultureInfo.InvariantCulture),
            ["unix_socket_directories"] = Folder,
            ["log_line_prefix"] = "%m [%p] %q%u@%d ",
        };
        var lines = own.Select(setting => $"{setting.Key} = '{setting.Value.Replace("'", "''", StringComparison.Ordinal)}'");
        await File.AppendAllLinesAsync(Path.Combine(Data, "postgresql.conf"), lines);
        await StartAgainAsync();
        await ExecuteAsync($"create role starling login password '{Password}'");
    }

    /// <summary>The postmaster first, so that no child comes after its children were counted; they are sessions of their own.</summary>
    private async Task SignalAsync(string signal)
    {
        var postmaster = (await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0];
        await _installation.RunAsync("kill", "-" + signal, postmaster);
        await _installation.RunAsync("sh", "-c", """for child in $(cat /proc/$2/task/$2/children); do kill "$1" "$child" || true; done""", "children", "-" + signal, postmaster);
    }

    private string ConnectionString(string database, string user) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Database = database,
        Username = user,
        Password = Password,
        // Whoever wants a pool says so; a server that was restarted leaves no stale connections behind.
        Pooling = user != "postgres",
    }.ConnectionString;

    /// <summary>Below the ports that the system gives to outgoing connections, so that nobody takes it while the server restarts.</summary>
    internal static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(15_000, 32_000);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
            }
        }
    }
}
