using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Credentials;
using Starling.Simulation.Runs;

var from = ulong.Parse(args[0]);
var count = ulong.Parse(args[1]);
using var meter = new System.Diagnostics.Metrics.Meter("x");
using var authenticator = new Authenticator(new AuthenticatorOptions(), TimeProvider.System, new TenantMetrics(meter), NullLogger<Authenticator>.Instance);
var watch = Stopwatch.StartNew();
var failed = 0;
long steps = 0, messages = 0;
for (var seed = from; seed < from + count; seed++)
{
    using var run = new SimulationRun(seed, new RunOptions { KeepsTrace = args.Length > 2 && args[2] == "t", IsStandalone = args.Contains("s") }, authenticator);
    var outcome = await Task.Run(run.RunAsync);
    steps += outcome.Steps; messages += outcome.Messages;
    if (args.Contains("t"))
        foreach (var line in outcome.Lines) Console.WriteLine(line);
    if (outcome.Violations.Count > 0 || args.Contains("t"))
    {
        failed++;
        Console.WriteLine($"seed {seed} hash {outcome.Hash:x}");
        foreach (var v in outcome.Violations.Take(6)) Console.WriteLine("   " + v);
    }
}
Console.WriteLine($"{count} seeds {failed} failed {watch.ElapsedMilliseconds} ms steps {steps} messages {messages}");
