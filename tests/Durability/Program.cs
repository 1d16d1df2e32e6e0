using System.CommandLine;
using Starling.Durability;
using Starling.Durability.Faults;

var rounds = new Option<int>("--rounds") { Description = "How many rounds.", DefaultValueFactory = _ => 200 };
var fault = new Option<FaultKind>("--fault") { Description = "What goes wrong in each round: broker, database, both or pause; of a cluster silo, edge, node (either of them) or rolling (all restarted).", DefaultValueFactory = _ => FaultKind.Broker };
var seed = new Option<int>("--seed") { Description = "Repeats a run's choices; its timing does not repeat.", DefaultValueFactory = _ => Random.Shared.Next(1_000_000) };
var silos = new Option<int>("--silos") { Description = "Silos of a cluster.", DefaultValueFactory = _ => 3 };
var edges = new Option<int>("--edges") { Description = "Edges of a cluster.", DefaultValueFactory = _ => 2 };
var minutes = new Option<double?>("--minutes") { Description = "Ends after this time, with however many rounds that is." };
var root = new RootCommand("Shows that nothing acknowledged is lost, or that it is: kills the broker or its database again and again under load, and compares what publishers and subscribers saw.")
{
    rounds, fault, seed, silos, edges, minutes,
};
root.SetAction(async result =>
{
    var (kind, first) = (result.GetValue(fault), result.GetValue(seed));
    var limit = result.GetValue(minutes);
    var options = RunOptions.For(limit is null ? result.GetValue(rounds) : int.MaxValue, kind, first) with
    {
        Silos = result.GetValue(silos),
        Edges = result.GetValue(edges),
        Longest = limit is { } most ? TimeSpan.FromMinutes(most) : TimeSpan.MaxValue,
    };
    Console.WriteLine($"fault {kind}, seed {first}");
    var verdict = await DurabilityRun.RunAsync(options, Console.Out);
    Console.WriteLine($"{kind}: {verdict}");
    if (verdict.Violations.Count == 0)
    {
        Directory.Delete(options.Folder, recursive: true);
        return 0;
    }

    foreach (var violation in verdict.Violations.Take(50))
        Console.WriteLine("VIOLATION " + violation);
    Console.WriteLine($"{verdict.Violations.Count} violations with seed {first}; logs and database are in {options.Folder}");
    return 1;
});
return await root.Parse(args).InvokeAsync();
