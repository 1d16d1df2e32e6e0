using System.Runtime.ExceptionServices;

namespace Starling.Simulation.Time;

/// <summary>
/// What happens in a simulation, in the order of a clock that nobody waits for.
/// </summary>
/// <remarks>
/// The thread pool has one thread (Simulation.csproj), and the scheduler is an item in its queue like everything that production code
/// queues. After each event it goes to the end of the queue until nothing else is in it: then everything that the event has led to has
/// been done, in an order that only depends on what was done, and the next event may come. Nothing here reads a real clock.
/// </remarks>
public sealed class Scheduler : IThreadPoolWorkItem
{
    /// <summary>Many times what a run needs: one that takes more never comes to an end.</summary>
    private const long MaxSteps = 400_000;
    private const long MaxRounds = 200_000;

    private readonly PriorityQueue<Event, (long Ticks, long Sequence)> _events = new();
    private readonly Trace _trace;
    private TimeSpan _until;
    private Func<bool>? _isOver;
    private TaskCompletionSource? _ran;
    private ExceptionDispatchInfo? _failure;
    private long _sequence;
    private long _rounds;

    public Scheduler(Trace trace) => _trace = trace;

    /// <summary>Since the beginning of the simulation.</summary>
    public TimeSpan Now { get; private set; }

    public long Steps { get; private set; }

    public int Waiting => _events.Count;

    /// <param name="delay">From now.</param>
    /// <param name="action">What happens then. What it throws ends the run.</param>
    public Event After(TimeSpan delay, Action action)
    {
        var due = Now + (delay > TimeSpan.Zero ? delay : TimeSpan.Zero);
        var scheduled = new Event(due, action);
        _events.Enqueue(scheduled, (due.Ticks, _sequence++));
        return scheduled;
    }

    public Event At(TimeSpan time, Action action) => After(time - Now, action);

    /// <summary>Lets time pass until it is this late, or <paramref name="isOver"/> holds after an event.</summary>
    public async Task RunAsync(TimeSpan until, Func<bool>? isOver = null)
    {
        (_until, _isOver) = (until, isOver);
        _ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        await _ran.Task.ConfigureAwait(false);
        _failure?.Throw();
    }

    /// <summary>Something went wrong that no event is to follow.</summary>
    public void Fail(Exception error) => _failure ??= ExceptionDispatchInfo.Capture(error);

    void IThreadPoolWorkItem.Execute()
    {
        if (ThreadPool.PendingWorkItemCount > 0 && _failure is null)
        {
            if (++_rounds > MaxRounds)
                Fail(new InvalidOperationException("What an event has led to does not come to an end."));
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }

        if (_failure is not null || _isOver?.Invoke() == true || !Step())
        {
            _ran!.SetResult();
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private bool Step()
    {
        while (_events.TryPeek(out var next, out var priority))
        {
            if (priority.Ticks > _until.Ticks)
                break;
            _events.Dequeue();
            if (next.IsCalledOff)
                continue;
            Now = next.Due;
            _rounds = 0;
            if (++Steps > MaxSteps)
                Fail(new InvalidOperationException("The run does not come to an end."));
            _trace.Tick(Now);
            try
            {
                next.Action();
            }
            catch (Exception error)
            {
                Fail(error);
            }

            return true;
        }

        Now = _until;
        return false;
    }
}

/// <summary>Something that will happen, unless it is called off.</summary>
public sealed class Event(TimeSpan due, Action action)
{
    public TimeSpan Due => due;

    public Action Action => action;

    public bool IsCalledOff { get; private set; }

    public void CallOff() => IsCalledOff = true;
}
