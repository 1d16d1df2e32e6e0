using System.Diagnostics;
using Npgsql;
using Starling.Durability.Checks;
using Starling.Durability.Clients;
using Starling.Durability.Faults;
using Starling.Testing.PostgreSql;

namespace Starling.Durability;

/// <summary>Rounds on one database, until one shows a violation.</summary>
internal static class DurabilityRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="options">What to do.</param>
    /// <param name="output">Gets a line per round.</param>
    public static async Task<Verdict> RunAsync(RunOptions options, TextWriter output)
    {
        Directory.CreateDirectory(options.Folder);
        // What is acknowledged is on the disk, as in production.
        await using var postgres = await PostgresServer.StartAsync(new Dictionary<string, string> { ["fsync"] = "on" });
        var connectionString = await postgres.CreateDatabaseAsync();
        await using ITarget target = options.IsCluster
            ? new ClusterTarget(options, connectionString)
            : new StandaloneTarget(options.Folder, postgres, connectionString);
        await target.StartAsync();
        var oddities = new Oddities();
        var crowd = new Crowd(target.Port, options.Seed, oddities);
        var running = crowd.RunAsync();
        if (!await Wait.UntilAsync(() => crowd.Subscribers.All(client => client.IsSubscribed) && crowd.Wills.All(client => client.IsConnected), Patience))
            throw new InvalidOperationException("the clients could not begin");

        var total = Verdict.None;
        var since = Stopwatch.GetTimestamp();
        for (var number = 1; number <= options.Rounds && total.Violations.Count == 0 && Stopwatch.GetElapsedTime(since) < options.Longest; number++)
        {
            var round = new Round(number, options, crowd, target, oddities);
            var verdict = await round.RunAsync();
            total += verdict;
            await output.WriteLineAsync($"round {number}: {round.Story}: {verdict}{string.Concat(oddities.TakeEvents().Select(what => "; " + what))}");
        }

        // While everybody is there to acknowledge it.
        if (total.Violations.Count == 0)
            total = total with { Violations = await LeftoversAsync(connectionString) };
        crowd.End();
        await running.WaitAsync(Patience);
        if (total.Violations.Count > 0)
            await KeepAsync(options, postgres, connectionString, total);
        return total;
    }

    /// <summary>Everything was delivered and acknowledged: nothing may be left of it.</summary>
    private static async Task<IReadOnlyList<string>> LeftoversAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        List<string> left = [];
        foreach (var table in (string[])["inbox", "delivered", "received"])
        {
            long rows = -1;
            for (var looks = 100; looks > 0 && rows != 0; looks--)
            {
                await using var count = new NpgsqlCommand($"select count(*) from {table}", connection);
                rows = (long)(await count.ExecuteScalarAsync())!;
                if (rows != 0)
                    await Task.Delay(100);
            }
            if (rows != 0)
                left.Add($"left over: {rows} rows in {table}");
        }
        return left;
    }

    private static async Task KeepAsync(RunOptions options, PostgresServer postgres, string connectionString, Verdict verdict)
    {
        await File.WriteAllLinesAsync(Path.Combine(options.Folder, "violations.txt"), verdict.Violations);
        await File.WriteAllTextAsync(Path.Combine(options.Folder, "postgresql.log"), postgres.Log);
        await File.WriteAllTextAsync(Path.Combine(options.Folder, "database.sql"), await postgres.DumpAsync(connectionString));
    }
}
