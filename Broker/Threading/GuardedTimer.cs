using Microsoft.Extensions.Logging;

namespace Starling.Broker.Threading;

/// <summary>
/// Timers whose callback may fail: an exception that leaves the callback of a bare timer ends the process. No other class of the program
/// makes timers; Architecture.Tests sees to that.
/// </summary>
public static class GuardedTimer
{
    /// <summary>Makes a timer. A callback that throws is logged as an error and counted, and comes again at its next time.</summary>
    /// <param name="what">What failed, as a noun phrase for the log: "Keep alive check".</param>
    /// <param name="due">From now to the first callback; <see cref="Timeout.InfiniteTimeSpan"/> waits for <see cref="ITimer.Change"/>.</param>
    /// <param name="period">Between callbacks; <see cref="Timeout.InfiniteTimeSpan"/> for one alone.</param>
    public static ITimer CreateGuardedTimer(
        this TimeProvider time, Action callback, ILogger logger, string what, TimeSpan due, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(time);
        return time.CreateTimer(_ => Background.Run(callback, logger, what), state: null, due, period);
    }
}
