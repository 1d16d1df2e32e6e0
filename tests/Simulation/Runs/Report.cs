namespace Starling.Simulation.Runs;

/// <summary>Says what became of seeds.</summary>
internal static class Report
{
    private const int MaxViolations = 5;
    private const int LinesBefore = 40;

    /// <summary>Of a failed seed: what was found, how to see it again, and what happened before it was found.</summary>
    public static void Failed(Outcome outcome, BrokenRule broken, TextWriter output)
    {
        output.WriteLine($"seed {outcome.Seed} FAILED, hash {outcome.Hash:x16}, {outcome.Violations.Count} violations");
        foreach (var violation in outcome.Violations.Take(MaxViolations))
            output.WriteLine("  " + violation);
        output.WriteLine($"  again: dotnet run --project tests/Simulation -c Release -- --seed {outcome.Seed}{(broken == BrokenRule.None ? "" : " --broken " + broken)}");
        var found = outcome.Lines.Select((line, index) => (line, index)).FirstOrDefault(l => l.line.Contains("VIOLATION", StringComparison.Ordinal)).index;
        foreach (var line in outcome.Lines.Take(found + 1).TakeLast(LinesBefore))
            output.WriteLine("  | " + line);
    }

    public static void Whole(Outcome outcome, TextWriter output)
    {
        foreach (var line in outcome.Lines)
            output.WriteLine(line);
        foreach (var violation in outcome.Violations)
            output.WriteLine("VIOLATION " + violation);
        output.WriteLine($"seed {outcome.Seed}, hash {outcome.Hash:x16}, {outcome.Steps} events, {outcome.Messages} messages, {outcome.Violations.Count} violations");
    }
}
