using Starling.Hosting.Processes;
using Starling.Silo.Hosting;

using var signals = new StopSignals();
return await new SiloProgram(Console.Out, Console.Error).RunAsync(args, signals.Received);
