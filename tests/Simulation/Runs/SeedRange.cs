using System.Diagnostics;
using System.Globalization;

namespace Starling.Simulation.Runs;

/// <summary>Many seeds, in as many processes as there are cores: each has one thread.</summary>
internal sealed record SeedRange(ulong From, ulong Count, int Processes, BrokenRule Broken, int MaxFailures)
{
    private const string Summary = "SUMMARY";

    /// <returns>How many failed.</returns>
    public async Task<int> RunAsync(TextWriter output)
    {
        var watch = Stopwatch.StartNew();
        var (failed, steps, messages, seeds) = Processes > 1 ? await InProcessesAsync(output) : await HereAsync(From, step: 1, output);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{seeds} seeds, {failed} failed, {steps} events, {messages} messages, {watch.Elapsed.TotalSeconds:F1} s ({seeds / watch.Elapsed.TotalSeconds:F1} seeds/s)"));
        return failed;
    }

    /// <summary>As one of several processes.</summary>
    public async Task WorkAsync(int worker, int workers, TextWriter output)
    {
        var (failed, steps, messages, seeds) = await HereAsync(From + (ulong)worker, (ulong)workers, output);
        output.WriteLine($"{Summary} {failed} {steps} {messages} {seeds}");
    }

    private async Task<(int Failed, long Steps, long Messages, long Seeds)> HereAsync(ulong first, ulong step, TextWriter output)
    {
        using var runner = new SeedRunner();
        var (failed, steps, messages, seeds) = (0, 0L, 0L, 0L);
        for (var seed = first; seed < From + Count && failed < MaxFailures; seed += step)
        {
            var outcome = await runner.RunAsync(seed, new RunOptions { Broken = Broken });
            (steps, messages, seeds) = (steps + outcome.Steps, messages + outcome.Messages, seeds + 1);
            if (outcome.Violations.Count == 0)
                continue;
            failed++;
            // Again, to see what happened: it happens again.
            var again = await runner.RunAsync(seed, new RunOptions { Broken = Broken, KeepsTrace = true });
            if (again.Hash != outcome.Hash)
                output.WriteLine($"seed {seed} did not repeat itself: {outcome.Hash:x16}, then {again.Hash:x16}");
            Report.Failed(again, Broken, output);
        }

        return (failed, steps, messages, seeds);
    }

    private async Task<(int Failed, long Steps, long Messages, long Seeds)> InProcessesAsync(TextWriter output)
    {
        var all = await Task.WhenAll(Enumerable.Range(0, Processes).Select(worker => Task.Run(() => InProcessAsync(worker, output))));
        return (all.Sum(a => a.Failed), all.Sum(a => a.Steps), all.Sum(a => a.Messages), all.Sum(a => a.Seeds));
    }

    private async Task<(int Failed, long Steps, long Messages, long Seeds)> InProcessAsync(int worker, TextWriter output)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        foreach (var argument in Arguments(worker))
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var result = (Failed: 1, Steps: 0L, Messages: 0L, Seeds: 0L);
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Split(' ') is [Summary, var failed, var steps, var messages, var seeds])
                result = (int.Parse(failed, CultureInfo.InvariantCulture), Number(steps), Number(messages), Number(seeds));
            else
                output.WriteLine(line);
        }

        await process.WaitForExitAsync();
        return result;
    }

    private IEnumerable<string> Arguments(int worker)
    {
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            yield return typeof(SeedRange).Assembly.Location;
        string[] rest =
        [
            "--from", From.ToString(CultureInfo.InvariantCulture), "--seeds", Count.ToString(CultureInfo.InvariantCulture),
            "--broken", Broken.ToString(), "--most-failures", MaxFailures.ToString(CultureInfo.InvariantCulture),
            "--worker", worker.ToString(CultureInfo.InvariantCulture), "--processes", Processes.ToString(CultureInfo.InvariantCulture),
        ];
        foreach (var argument in rest)
            yield return argument;
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
