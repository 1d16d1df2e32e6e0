using Microsoft.Extensions.Logging;
using Starling.Broker.Threading;

namespace Starling.Broker.Time;

/// <summary>
/// Things to do at given times (session expiry, delayed wills, retained expiry): one timer for all of them, and an entry that is
/// cancelled costs nothing afterwards. Callbacks run one after the other and must not block. One that throws is logged, and those behind it
/// run all the same. Times are those of a <see cref="BrokerClock"/>: setting the machine's clock moves nothing.
/// </summary>
public sealed class DelayQueue : IDisposable
{
    private readonly BrokerClock _time;
    private readonly ILogger<DelayQueue> _logger;
    private readonly Lock _gate = new();
    private readonly SortedSet<Entry> _entries = new(Comparer<Entry>.Create(
        static (a, b) => a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Sequence.CompareTo(b.Sequence)));
    private readonly ITimer _timer;
    private long _sequence;

    public DelayQueue(TimeProvider time, ILogger<DelayQueue> logger)
    {
        _time = time as BrokerClock ?? new BrokerClock(time);
        _logger = logger;
        _timer = time.CreateGuardedTimer(Run, logger, "Delayed work", Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _time.Changed += ArmAgain;
    }

    /// <summary>Unix time in milliseconds.</summary>
    public long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <param name="due">Unix time in milliseconds; one in the past runs at once, from the timer.</param>
    /// <returns>Cancels the call when disposed.</returns>
    public IDisposable Schedule(long due, Action callback)
    {
        var entry = new Entry(this, due, Interlocked.Increment(ref _sequence), callback);
        lock (_gate)
        {
            _entries.Add(entry);
            if (ReferenceEquals(_entries.Min, entry))
                Arm();
        }

        return entry;
    }

    public void Dispose()
    {
        _time.Changed -= ArmAgain;
        _timer.Dispose();
    }

    private void ArmAgain()
    {
        lock (_gate)
            Arm();
    }

    private void Run()
    {
        while (true)
        {
            Entry entry;
            lock (_gate)
            {
                if (_entries.Min is not { } first)
                    return;
                if (first.Due > Now)
                {
                    Arm();
                    return;
                }

                entry = first;
                _entries.Remove(entry);
            }

            Background.Run(entry.Callback, _logger, "Delayed work");
        }
    }

    private void Arm()
    {
        if (_entries.Min is not { } first)
            return;
        // Timers take at most about 49 days; a later one is looked at again then.
        var wait = Math.Clamp(first.Due - Now, 0, (long)TimeSpan.FromDays(30).TotalMilliseconds);
        _timer.Change(TimeSpan.FromMilliseconds(wait), Timeout.InfiniteTimeSpan);
    }

    private sealed class Entry(DelayQueue owner, long due, long sequence, Action callback) : IDisposable
    {
        public long Due => due;

        public long Sequence => sequence;

        public Action Callback => callback;

        public void Dispose()
        {
            lock (owner._gate)
                owner._entries.Remove(this);
        }
    }
}
