using System.Diagnostics;

namespace Starling.Testing.PostgreSql;

/// <summary>
/// The data folder of a new server, made once for a process and copied for each server: a copy takes a twentieth of the processor time
/// that <c>initdb</c> takes. The folder goes when the process ends, killed or not.
/// </summary>
internal static class PostgresTemplate
{
    /// <summary>Of the superuser <c>postgres</c>, and of the role that tests make.</summary>
    public const string Password = "starling";

    /// <summary>$1 is where the folder is made.</summary>
    private const string Guard = """
        trap '' INT TERM HUP
        folder=$(mktemp -d "$1/starling-template-XXXXXXXX") || exit 1
        echo "$folder"
        cat >/dev/null
        rm -rf "$folder"
        """;

    private const string Initialize =
        """echo "$3" >"$2/password" && exec "$1" -D "$2/data" -U postgres --pwfile="$2/password" -A scram-sha-256 -E UTF8 --locale=C --no-sync""";

    private static readonly Lazy<Task<string>> Data = new(MakeAsync);

    /// <summary>Ends with this process, which closes its standard input.</summary>
    private static Process? _guard;

    /// <param name="installation">Whose programs are used.</param>
    /// <param name="folder">Takes the folder <c>data</c>.</param>
    /// <exception cref="InvalidOperationException">The server's programs failed.</exception>
    public static async Task CopyToAsync(PostgresInstallation installation, string folder) =>
        await installation.RunAsync("cp", "-r", await Data.Value, Path.Combine(folder, "data"));

    private static async Task<string> MakeAsync()
    {
        var installation = PostgresInstallation.Find();
        _guard = installation.Start("sh", "-c", Guard, "guard", Path.TrimEndingDirectorySeparator(Path.GetTempPath()));
        var folder = await _guard.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException(await _guard.StandardError.ReadToEndAsync());
        await installation.RunAsync("sh", "-c", Initialize, "initdb", Path.Combine(installation.Programs, "initdb"), folder, Password);
        return Path.Combine(folder, "data");
    }
}
