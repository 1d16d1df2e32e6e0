using System.CommandLine;
using Starling.Hostile;
using Starling.Hostile.Attacks;

var minutes = new Option<double>("--minutes") { Description = "How long, all attacks together.", DefaultValueFactory = _ => 1 };
var seed = new Option<int>("--seed") { Description = "Of the fuzzer's cases.", DefaultValueFactory = _ => Random.Shared.Next(1_000_000) };
var memory = new Option<int>("--memory") { Description = "MiB of resident memory that the broker may take.", DefaultValueFactory = _ => HostileOptions.DefaultMemoryMiB };
var latency = new Option<int>("--p99") { Description = "Milliseconds within which 99 % of the healthy pair's messages must arrive.", DefaultValueFactory = _ => HostileOptions.DefaultP99Milliseconds };
var names = new Option<string[]>("--attack")
{
    Description = "Only these:\n" + string.Join('\n', Attack.All.Select(attack => $"{attack.Name}: {attack.Description}")),
    AllowMultipleArgumentsPerToken = true,
};
names.AcceptOnlyFromAmong([.. Attack.All.Select(attack => attack.Name)]);
var port = new Option<int>("--port") { Required = true };

var attackers = new Command("attackers", "The process that attacks. Takes names of attacks, a line for what runs next.") { port, seed };
attackers.Hidden = true;
attackers.SetAction(result => AttackerProcess.RunAsync(result.GetValue(port), result.GetValue(seed), Console.In));

var root = new RootCommand("Attacks a broker that has nothing configured but a listener and its tenants, first in one way after the other and then in all ways at once. "
    + "Fails when the broker ends, takes more memory than allowed, or delays a pair of clients of another tenant.")
{
    minutes, seed, memory, latency, names, attackers,
};
root.SetAction(async result =>
{
    var options = new HostileOptions
    {
        Time = TimeSpan.FromMinutes(result.GetValue(minutes)),
        Seed = result.GetValue(seed),
        MemoryMiB = result.GetValue(memory),
        P99Milliseconds = result.GetValue(latency),
        Attacks = result.GetValue(names) is { Length: > 0 } some ? [.. Attack.All.Where(attack => some.Contains(attack.Name))] : Attack.All,
    };
    var problems = await HostileRun.RunAsync(options, Console.Out);
    foreach (var problem in problems)
        Console.WriteLine("PROBLEM " + problem);
    return problems.Count == 0 ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();
