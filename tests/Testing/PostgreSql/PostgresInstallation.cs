using System.Diagnostics;

namespace Starling.Testing.PostgreSql;

/// <summary>The programs of PostgreSQL on this machine, and how to run them: as the user <c>postgres</c> where the tests run as root, which a server refuses.</summary>
internal sealed record PostgresInstallation(string Programs)
{
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static PostgresInstallation Find()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var packages = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        var newestFirst = packages.OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0);
        var found = path.Concat(newestFirst.Select(folder => Path.Combine(folder, "bin"))).FirstOrDefault(Complete)
            ?? throw new InvalidOperationException(
                "PostgreSQL is missing: initdb and pg_ctl are neither on the PATH nor in /usr/lib/postgresql/*/bin; install the package postgresql");
        return new PostgresInstallation(found);
    }

    public Process Start(string program, params IEnumerable<string> arguments)
    {
        string[] user = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : [];
        string[] command = [.. user, File.Exists(InFolder(program)) ? InFolder(program) : program, .. arguments];
        // A session of its own: an interrupt from the terminal is for the tests, which then end it.
        var start = new ProcessStartInfo("setsid", command)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment["LC_ALL"] = "C";
        return Process.Start(start)!;
    }

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    public async Task<string> RunAsync(string program, params IEnumerable<string> arguments)
    {
        using var process = Start(program, arguments);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with code {process.ExitCode}: {output}{await error}");
    }

    private static bool Complete(string folder) => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl"));

    private string InFolder(string program) => Path.Combine(Programs, program);
}
