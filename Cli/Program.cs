using Starling.Cli;
using Starling.Cli.Context;

return await StarlingCommand.RunAsync(args, CliContext.OfProcess());
