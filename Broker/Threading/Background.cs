using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Starling.Broker.Threading;

/// <summary>Work that nobody waits for.</summary>
public static partial class Background
{
    public const string MeterName = "Starling.Background";

    // Of the process: what fails may belong to any part of it.
    private static readonly Counter<long> Failures = new Meter(MeterName).CreateCounter<long>(
        "starling.background.failures", description: "Callbacks of timers and tasks that nobody waits for that failed unexpectedly, by what they were doing.");

    /// <summary>
    /// Lets the task run on and logs its failure. Without this an exception of a task that nobody awaits is never seen. Cancellation is not a
    /// failure.
    /// </summary>
    /// <param name="task">Already started. One that has completed successfully costs nothing.</param>
    /// <param name="logger">Gets the failure as an error.</param>
    /// <param name="what">What failed, as a noun phrase for the log: "Sweep of due sessions".</param>
    public static void Run(Task task, ILogger logger, string what)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (!task.IsCompletedSuccessfully)
            _ = ObserveAsync(task, logger, what);
    }

    /// <inheritdoc cref="Run(Task, ILogger, string)"/>
    public static void Run(ValueTask task, ILogger logger, string what)
    {
        if (!task.IsCompletedSuccessfully)
            _ = ObserveAsync(task.AsTask(), logger, what);
    }

    /// <summary>
    /// Carries out the callback of a timer or a watcher and logs its failure. Without this an exception in a callback ends the process.
    /// </summary>
    /// <inheritdoc cref="Run(Task, ILogger, string)" path="/param"/>
    public static void Run(Action callback, ILogger logger, string what)
    {
        ArgumentNullException.ThrowIfNull(callback);
        try
        {
            callback();
        }
        catch (Exception error)
        {
            Report(logger, what, error);
        }
    }

    private static async Task ObserveAsync(Task task, ILogger logger, string what)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Its owner has ended.
        }
        catch (Exception error)
        {
            Report(logger, what, error);
        }
    }

    private static void Report(ILogger logger, string what, Exception error)
    {
        Failures.Add(1, new KeyValuePair<string, object?>("what", what));
        try
        {
            LogFailed(logger, what, error);
        }
        catch (Exception)
        {
            // It may be the logger that fails: that does not end the process either.
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{What} failed")]
    private static partial void LogFailed(ILogger logger, string what, Exception error);
}
