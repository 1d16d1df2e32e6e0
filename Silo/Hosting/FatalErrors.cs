using Microsoft.Extensions.Logging;

namespace Starling.Silo.Hosting;

/// <summary>
/// Ends the process when it must not go on, because the other silos have declared it dead and host its sessions and shards by now. Nothing is
/// handed over any more.
/// </summary>
internal sealed partial class FatalErrors(ILogger<FatalErrors> logger) : IFatalErrorHandler
{
    /// <summary>The exit code of a process that cannot run.</summary>
    private const int CannotRun = 1;

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        LogCause(exception, context);
        // What is logged is written by a thread that may not get to it any more.
        Console.Error.WriteLine(
            $"starling: the other silos have declared this one dead (they could not reach it, or it was paused), so it ends: {(exception?.Message ?? context)?.ReplaceLineEndings(" ")}");
        Environment.Exit(CannotRun);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Orleans stops: {Context}")]
    private partial void LogCause(Exception? exception, string? context);
}
