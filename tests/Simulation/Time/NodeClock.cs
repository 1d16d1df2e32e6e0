namespace Starling.Simulation.Time;

/// <summary>
/// The clock of the machine of one process. Its wall clock is off by the skew, and is set to twice the skew and back every ten seconds; its
/// timers and timestamps are the simulation's, and dead when the process is.
/// </summary>
public sealed class NodeClock(Scheduler scheduler, TimeSpan skew) : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Whether the process lives; the timers of a dead one never fire.</summary>
    public bool IsRunning { get; private set; } = true;

    public void Stop() => IsRunning = false;

    /// <summary>What the database's clock says, which is right.</summary>
    public DateTimeOffset DatabaseTime => Epoch + scheduler.Now;

    public override DateTimeOffset GetUtcNow() => DatabaseTime + (scheduler.Now.Ticks / TimeSpan.FromSeconds(10).Ticks % 2 == 0 ? skew : 2 * skew);

    public override long GetTimestamp() => scheduler.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, scheduler, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(NodeClock clock, Scheduler scheduler, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;
        private Event? _next;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _next?.CallOff();
            _next = null;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan && clock.IsRunning)
                _next = scheduler.After(dueTime, Fire);
            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire()
        {
            if (!clock.IsRunning)
                return;
            _next = _period > TimeSpan.Zero ? scheduler.After(_period, Fire) : null;
            callback(state);
        }
    }
}
