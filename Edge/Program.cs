using Microsoft.Extensions.DependencyInjection;
using Starling.Edge.Hosting;
using Starling.Edge.Listeners;

using var signals = new StopSignals();
var commandLine = new CommandLine(Console.Out, Console.Error, (_, services) => services.AddSingleton<IClientHandler, DiscardHandler>());
return await commandLine.RunAsync(args, signals.Received);
