using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Starling.Testing.PostgreSql;

/// <summary>A PgBouncer of a test's own in front of a database. It ends with <see cref="DisposeAsync"/>, and also when the test process is killed.</summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private const string Program = "/usr/sbin/pgbouncer";

    /// <summary>$1 is the program, $2 its configuration.</summary>
    private const string Guard = """
        trap '' INT TERM HUP
        "$1" -q "$2" </dev/null >/dev/null 2>&1 &
        cat >/dev/null
        kill -KILL $!
        """;

    private readonly Process _guard;
    private readonly string _folder;

    private PgBouncer(Process guard, string folder, string connectionString) => (_guard, _folder, ConnectionString) = (guard, folder, connectionString);

    public static bool IsInstalled => File.Exists(Program);

    /// <summary>Of the database, through the pooler. It may take a moment until it answers.</summary>
    public string ConnectionString { get; }

    /// <param name="connectionString">Of the database, without the pooler.</param>
    /// <param name="mode"><c>session</c>, <c>transaction</c> or <c>statement</c>.</param>
    public static async Task<PgBouncer> StartAsync(string connectionString, string mode)
    {
        var folder = Directory.CreateTempSubdirectory("starling-pgbouncer-").FullName;
        var text = new NpgsqlConnectionStringBuilder(connectionString);
        var port = PostgresServer.FreePort();
        var file = Path.Combine(folder, "pgbouncer.ini");
        await File.WriteAllTextAsync(
            file,
            string.Create(CultureInfo.InvariantCulture, $"""
                [databases]
                {text.Database} = host={text.Host} port={text.Port} user={text.Username} password={text.Password}
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = {port}
                unix_socket_dir =
                auth_type = any
                pool_mode = {mode}
                ignore_startup_parameters = search_path
                """));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        }

        var guard = PostgresInstallation.Find().Start("sh", "-c", Guard, "guard", Program, file);
        return new PgBouncer(guard, folder, new NpgsqlConnectionStringBuilder(connectionString) { Port = port }.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync();
        _guard.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
