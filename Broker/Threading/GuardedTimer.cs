using Microsoft.Extensions.Logging;

namespace Starling.Broker.Threading;

/// <summary>Timers whose callback may fail: an exception that leaves the callback of a bare timer ends the process.</summary>
public static partial class GuardedTimer
{
    /// <summary>Makes a timer. A callback that throws is logged as an error, and comes again at its next time.</summary>
    /// <param name="what">What failed, as a noun phrase for the log: "Keep alive check".</param>
    /// <param name="due">From now to the first callback; <see cref="Timeout.InfiniteTimeSpan"/> waits for <see cref="ITimer.Change"/>.</param>
    /// <param name="period">Between callbacks; <see cref="Timeout.InfiniteTimeSpan"/> for one alone.</param>
    public static ITimer CreateGuardedTimer(
        this TimeProvider time, Action callback, ILogger logger, string what, TimeSpan due, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(time);
        return time.CreateTimer(
            _ =>
            {
                try
                {
                    callback();
                }
                catch (Exception error)
                {
                    Report(logger, what, error);
                }
            },
            state: null, due, period);
    }

    private static void Report(ILogger logger, string what, Exception error)
    {
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
