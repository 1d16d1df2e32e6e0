using System.Diagnostics;
using System.Globalization;
using Starling.Testing.Processes;

namespace Starling.Hostile;

/// <summary>One run: a broker, a healthy pair, and the attackers in a process of their own.</summary>
internal sealed class HostileRun(HostileOptions options, TextWriter story)
{
    /// <summary>Of the time, for all attacks at once at the end.</summary>
    private const double TogetherPart = 0.3;

    private readonly List<string> _problems = [];
    private readonly List<double> _all = [];

    /// <returns>What went wrong; empty when all is well.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(HostileOptions options, TextWriter story)
    {
        var run = new HostileRun(options, story);
        await run.RunAsync();
        if (run._problems.Count == 0)
            Directory.Delete(options.Folder, recursive: true);
        else
            run._problems.Add($"the broker's log is in {options.Folder}");
        return run._problems;
    }

    private async Task RunAsync()
    {
        Directory.CreateDirectory(options.Folder);
        File.WriteAllText(Path.Combine(options.Folder, "tenants.json"), TenantsOfTheRun.Json);
        await using var broker = new NodeProcess("broker", Repository.Program("Edge"), options.Folder, static port => new
        {
            listeners = new[] { new { type = "tcp", port, tenant = "open" } },
            management = (object?)null,
            tenantsFile = "tenants.json",
            dataDirectory = "data",
        });
        broker.Start();
        await broker.ReadyAsync();
        await using var pair = await HealthyPair.StartAsync(broker.Port);
        using var attackers = StartAttackers(broker.Port);
        try
        {
            await AttackAsync(broker, pair, attackers);
        }
        finally
        {
            attackers.Kill();
            await attackers.WaitForExitAsync();
        }

        Judge(broker);
    }

    private async Task AttackAsync(NodeProcess broker, HealthyPair pair, Process attackers)
    {
        await story.WriteLineAsync("| attack | messages | p50 ms | p99 ms | worst ms | broker's peak, MiB | broker's cores |\n|---|---:|---:|---:|---:|---:|---:|");
        await PhaseAsync("none", [], TimeSpan.FromSeconds(Math.Min(5, options.Time.TotalSeconds / 10)));
        var together = options.Together && options.Attacks.Count > 1;
        var one = options.Time * (together ? 1 - TogetherPart : 1) / options.Attacks.Count;
        foreach (var attack in options.Attacks)
            await PhaseAsync(attack.Name, [attack.Name], one);
        if (together)
            await PhaseAsync("all at once", [.. options.Attacks.Select(attack => attack.Name)], options.Time * TogetherPart);

        async Task PhaseAsync(string title, string[] names, TimeSpan time)
        {
            // What comes after a problem says nothing more.
            if (_problems.Count > 0)
                return;
            ForgetPeak(broker);
            var (processor, since) = (ProcessorTime(broker), Stopwatch.GetTimestamp());
            await attackers.StandardInput.WriteLineAsync(string.Join(' ', names));
            await Task.WhenAny(Task.Delay(time), pair.Exchange);
            var milliseconds = pair.TakeMilliseconds();
            _all.AddRange(milliseconds);
            if (pair.Exchange.IsFaulted)
                _problems.Add($"{title}: the healthy pair: {pair.Exchange.Exception!.InnerException!.Message}");
            if (broker.HasEnded)
                _problems.Add($"{title}: the broker has ended");
            if (_problems.Count > 0)
                return;
            var (peak, cores) = (PeakMiB(broker), (ProcessorTime(broker) - processor) / Stopwatch.GetElapsedTime(since));
            await story.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"| {title} | {milliseconds.Count} | {At(milliseconds, 0.5):0.0} | {At(milliseconds, 0.99):0.0} | {At(milliseconds, 1):0.0} | {peak:0} | {cores:0.00} |"));
            if (peak > options.MemoryMiB)
                _problems.Add($"{title}: the broker has taken {peak:0} MiB, allowed are {options.MemoryMiB}");
        }
    }

    private void Judge(NodeProcess broker)
    {
        _all.Sort();
        if (_all.Count == 0)
            _problems.Add("the healthy pair exchanged nothing");
        else if (At(_all, 0.99) is var p99 && p99 > options.P99Milliseconds)
            _problems.Add(string.Create(CultureInfo.InvariantCulture, $"99 % of the healthy pair's messages took up to {p99:0.0} ms, allowed are {options.P99Milliseconds}"));
        foreach (var line in File.ReadLines(broker.LogFile).Where(IsError).Take(5))
            _problems.Add("the broker logged: " + line);
    }

    /// <summary>The level is the second word of a line.</summary>
    private static bool IsError(string line) =>
        line.Split(' ', 3) is [_, "error" or "fatal", _] || line.Contains("Unhandled exception", StringComparison.Ordinal);

    private Process StartAttackers(int port)
    {
        var start = new ProcessStartInfo("dotnet",
            [typeof(HostileRun).Assembly.Location, "attackers", "--port", port.ToString(CultureInfo.InvariantCulture), "--seed", options.Seed.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        process.PriorityClass = ProcessPriorityClass.BelowNormal;
        return process;
    }

    private static double At(IReadOnlyList<double> sorted, double part) => sorted.Count == 0 ? 0 : sorted[(int)((sorted.Count - 1) * part)];

    private static double PeakMiB(NodeProcess broker) =>
        long.Parse(
            File.ReadLines($"/proc/{broker.ProcessId}/status").First(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal))["VmHWM:".Length..]
                .Replace("kB", "", StringComparison.Ordinal),
            CultureInfo.InvariantCulture) / 1024.0;

    private static void ForgetPeak(NodeProcess broker) => File.WriteAllText($"/proc/{broker.ProcessId}/clear_refs", "5");

    private static TimeSpan ProcessorTime(NodeProcess broker)
    {
        using var process = Process.GetProcessById(broker.ProcessId);
        return process.TotalProcessorTime;
    }
}
