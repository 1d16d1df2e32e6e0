using Starling.Edge.Hosting;
using Starling.Hosting.Processes;

using var signals = new StopSignals();
var commandLine = new CommandLine(Console.Out, Console.Error, BrokerServices.Add);
return await commandLine.RunAsync(args, signals.Received);
