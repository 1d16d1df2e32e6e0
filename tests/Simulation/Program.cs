using System.CommandLine;
using Starling.Simulation.Runs;

var seeds = new Option<ulong>("--seeds") { Description = "How many seeds.", DefaultValueFactory = _ => 2000 };
var from = new Option<ulong>("--from") { Description = "The first of them.", DefaultValueFactory = _ => 1 };
var processes = new Option<int>("--processes") { Description = "How many at the same time.", DefaultValueFactory = _ => Environment.ProcessorCount };
var seed = new Option<ulong?>("--seed") { Description = "One seed, with all that happens in it." };
var broken = new Option<BrokenRule>("--broken") { Description = "What is broken on purpose, to see that it is noticed." };
var mostFailures = new Option<int>("--most-failures") { Description = "Ends after this many, in each process.", DefaultValueFactory = _ => 10 };
var worker = new Option<int?>("--worker") { Description = "Which of the processes this is.", Hidden = true };
var root = new RootCommand("Runs the broker, its cluster and its clients in one process on a clock of their own. A seed decides all that is left to chance; a run of it repeats exactly.")
{
    seeds, from, processes, seed, broken, mostFailures, worker,
};
root.SetAction(async result =>
{
    if (result.GetValue(seed) is { } single)
    {
        using var runner = new SeedRunner();
        var outcome = await runner.RunAsync(single, new RunOptions { Broken = result.GetValue(broken), KeepsTrace = true });
        Report.Whole(outcome, Console.Out);
        return outcome.Violations.Count == 0 ? 0 : 1;
    }

    var range = new SeedRange(
        result.GetValue(from), result.GetValue(seeds), result.GetValue(processes), result.GetValue(broken), result.GetValue(mostFailures));
    if (result.GetValue(worker) is { } number)
    {
        await range.WorkAsync(number, result.GetValue(processes), Console.Out);
        return 0;
    }

    return await range.RunAsync(Console.Out) == 0 ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();
