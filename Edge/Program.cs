using Starling.Edge.Hosting;
using Starling.Hosting.Processes;

using var signals = new StopSignals();
return await new EdgeProgram(Console.Out, Console.Error, BrokerServices.Add).RunAsync(args, signals.Received);
