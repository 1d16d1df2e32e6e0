using Starling.Hosting.Processes;
using Starling.Silo.Hosting;

using var signals = new ProcessSignals();
var program = new SiloProgram(Console.Out, Console.Error);
signals.ReloadRequested += program.ReloadFiles;
return await program.RunAsync(args, signals.Stop);
