using System.CommandLine;
using Starling.Durability;
using Starling.Durability.Faults;

var rounds = new Option<int>("--rounds") { Description = "How many rounds.", DefaultValueFactory = _ => 200 };
var fault = new Option<FaultKind>("--fault") { Description = "What goes wrong in each round: broker, database, both or pause.", DefaultValueFactory = _ => FaultKind.Broker };
var seed = new Option<int>("--seed") { Description = "Repeats a run's choices; its timing does not repeat.", DefaultValueFactory = _ => Random.Shared.Next(1_000_000) };
var root = new RootCommand("Shows that nothing acknowledged is lost, or that it is: kills the broker or its database again and again under load, and compares what publishers and subscribers saw.")
{
    rounds, fault, seed,
};
root.SetAction(async result =>
{
    var (kind, first) = (result.GetValue(fault), result.GetValue(seed));
    var options = RunOptions.For(result.GetValue(rounds), kind, first);
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
