using Starling.Cli;

return await StarlingCommand.RunAsync(args, CliContext.OfProcess());
