using Starling.Edge.Hosting;
using Starling.Hosting.Processes;

using var signals = new ProcessSignals();
var program = new EdgeProgram(Console.Out, Console.Error, BrokerServices.Add);
signals.ReloadRequested += program.ReloadFiles;
return await program.RunAsync(args, signals.Stop);
