using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Starling.Broker.Tenants.Files;
using Starling.Cli.Commands;
using Starling.Cli.Context;
using Starling.Protocol;
using Starling.Storage.PostgreSql;

namespace Starling.Cli;

/// <summary>The whole command line.</summary>
internal static class StarlingCommand
{
    public static async Task<int> RunAsync(string[] args, CliContext context, CancellationToken cancellation = default)
    {
        var parsed = Create(context).Parse(args is ["pub" or "sub", ..] ? PropertyOptions.Gather(args) : args);
        if (parsed.CommandResult.Command.Options.Any(option => option.Name == SessionOptions.Quiet) && parsed.GetValue<bool>(SessionOptions.Quiet))
            context = context with { Error = TextWriter.Null };
        if (parsed.Action is ParseErrorAction)
        {
            await context.Error.WriteLineAsync($"starling: {parsed.Errors[0].Message} (--help shows what there is)");
            return ExitCodes.Usage;
        }
        try
        {
            return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false }, cancellation);
        }
        catch (CliException error)
        {
            await context.Error.WriteLineAsync($"starling: {error.Message}");
            return error.ExitCode;
        }
        catch (TenantsFileException mistakes)
        {
            foreach (var mistake in mistakes.Errors)
                await context.Error.WriteLineAsync(mistake.ToString());
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
        catch (Exception error) when (IsFailureOfTheOutsideWorld(error))
        {
            await context.Error.WriteLineAsync($"starling: {OneLine(error)}");
            return ExitCodes.Failed;
        }
    }

    private static RootCommand Create(CliContext context)
    {
        var root = new RootCommand("Starling's command line: publish, subscribe, look after tenants.")
        {
            PubCommand.Create(context),
            SubCommand.Create(context),
            PasswdCommand.Create(context),
            TenantCommand.Create(context),
            UserCommand.Create(context),
            DatabaseCommand.Create(context),
        };
        // -h is the host, as with mosquitto_pub and mosquitto_sub.
        root.Options.Remove(root.Options.OfType<HelpOption>().Single());
        root.Options.Add(new HelpOption("--help", "-?"));
        return root;
    }

    private static bool IsFailureOfTheOutsideWorld(Exception error) => error
        is IOException or UnauthorizedAccessException or SocketException or WebSocketException or AuthenticationException
        or CryptographicException or MqttProtocolException or DatabaseException;

    private static string OneLine(Exception error) => error.Message.ReplaceLineEndings(" ");
}
