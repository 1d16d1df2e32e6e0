namespace Starling.Broker.Cluster.Links;

/// <summary>
/// Carries parcels to one object in another process: one call under way, the rest gathers.
/// </summary>
/// <remarks>
/// All links of a cluster are this one mechanism, because what they promise is the same: order, a bound, and that nothing which was carried
/// once is carried twice.
///
/// 1. A parcel goes to the end of the queue. If it does not fit the bound, whoever brings it waits for room, in order with the others;
///    what counts for 0 bytes is always taken.
/// 2. When no call is under way, all that has gathered (up to <see cref="LinkOptions.CallBytes"/>) becomes a load with the next number, and
///    goes as one call. There is no timer in this: a single parcel goes at once, and the slower the other side answers, the more each call
///    carries.
/// 3. A call may fail without anybody knowing whether it was carried out. Then the same load goes again under the same number, after a
///    pause that grows, until there is an answer. The other side remembers the last number and what it answered: a repeat gets that answer,
///    or joins the call that is still running. Since the next number is used only behind an answer, one remembered number is enough, and a
///    lower one can only be a copy that was late.
/// 4. Only then comes the next load. So parcels arrive in the order in which they were brought, however often calls are lost.
///
/// What can come between: the other object dies, and another one in its place remembers no number. Whether a load may then go again is for
/// the link to say, which knows what it carries: see <see cref="ShardLink"/>. The other side stays away: after
/// <see cref="LinkOptions.Patience"/> everything that waits fails together, as it would one after the other. The link itself ends: so does
/// all that it holds; a call that is under way at that moment changes nothing here any more.
///
/// Thread-safe. Nobody is called with the lock held, and no thread waits.
/// </remarks>
/// <param name="call">Makes one attempt; never two at a time. One that throws is repeated later, in doubt.</param>
/// <param name="options">The bounds.</param>
/// <param name="time">The clock.</param>
/// <param name="first">The number of the first load.</param>
#pragma warning disable CA1001 // A cancellation source without a timer holds nothing that has to be disposed.
internal sealed class Courier<T>(Func<Load<T>, ValueTask<CallResult>> call, LinkOptions options, TimeProvider time, long first = 1)
    where T : class, IParcel
#pragma warning restore CA1001
{
    /// <summary>How often a load goes again at once; an other side that is never content is not asked without end.</summary>
    private const int MostAtOnce = 3;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly Queue<T> _queue = new();
    private readonly Queue<Waiter> _waiting = new();
    private long _next = first;
    private long _bytes;
    private long _answered;
    private bool _running;
    private Load<T>? _current;
    private Exception? _ended;

    /// <summary>Whether nothing waits or is under way.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
                return !_running;
        }
    }

    /// <summary>Puts the parcel in line; done when there is room for it.</summary>
    /// <exception cref="Sessions.StoreUnavailableException">The link could not carry anything for a while, or has ended; the parcel has failed, too.</exception>
    public ValueTask AddAsync(T parcel)
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            if (_ended is null && (_waiting.Count > 0 || !HasRoomFor(parcel)))
            {
                room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Enqueue(new Waiter(parcel, room));
            }
        }

        if (room is not null)
            return new ValueTask(room.Task);
        return Add(parcel) is { } ended ? ValueTask.FromException(ended) : ValueTask.CompletedTask;
    }

    /// <summary>
    /// Puts the parcel in line when there is room for it. For that it waits a while, as long as the other side answers: who brings too much
    /// is slowed down, but a side that is gone slows nobody down.
    /// </summary>
    /// <param name="parcel">For which nobody waits.</param>
    /// <param name="patience">How long it waits, and how old the last answer may be.</param>
    /// <returns>False when the parcel was not taken.</returns>
    public ValueTask<bool> OfferAsync(T parcel, TimeSpan patience)
    {
        Waiter? waiter = null;
        lock (_gate)
        {
            if (_ended is null && (_waiting.Count > 0 || !HasRoomFor(parcel)))
            {
                if (time.GetElapsedTime(_answered) >= patience)
                    return new(false);
                waiter = new Waiter(parcel, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                _waiting.Enqueue(waiter);
            }
        }

        return waiter is null ? new(Add(parcel) is null) : WaitAsync(waiter, patience);
    }

    private async ValueTask<bool> WaitAsync(Waiter waiter, TimeSpan patience)
    {
        await waiter.Room.Task.WaitAsync(patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (waiter.Room.Task.IsCompleted)
            return waiter.Room.Task.IsCompletedSuccessfully;
        lock (_gate)
            return !(waiter.IsGivenUp = !waiter.IsAdmitted);
    }

    /// <summary>Puts the parcel in line, room or not.</summary>
    /// <returns>Why it failed, when the link has ended.</returns>
    public Exception? Add(T parcel)
    {
        Exception? ended;
        bool start;
        lock (_gate)
        {
            ended = _ended;
            start = ended is null && !_running;
            if (ended is null)
            {
                Take(parcel);
                _running = true;
            }
        }

        if (ended is not null)
            parcel.Fail(ended);
        else if (start)
            _ = RunAsync();
        return ended;
    }

    /// <summary>Nothing more is carried, and what waits fails.</summary>
    public void End(Exception reason)
    {
        lock (_gate)
        {
            if (_ended is not null)
                return;
            _ended = reason;
        }

        _ending.Cancel();
        foreach (var parcel in _current?.Parcels ?? [])
            parcel.Fail(reason);
        FailAll(reason);
    }

    private bool HasRoomFor(T parcel) => parcel.Bytes == 0 || _bytes == 0 || _bytes + parcel.Bytes <= options.MostBytes;

    private void Take(T parcel)
    {
        _queue.Enqueue(parcel);
        _bytes += parcel.Bytes;
    }

    private async Task RunAsync()
    {
        Telemetry.BrokerTracing.Detach();
        Volatile.Write(ref _answered, time.GetTimestamp());
        while (TakeLoad(out var bytes) is { } load)
        {
            if (!await CarryAsync(load).ConfigureAwait(false))
            {
                var failure = _ended ?? new Sessions.StoreUnavailableException("Another process of the cluster could not be reached for a while.");
                foreach (var parcel in load.Parcels)
                    parcel.Fail(failure);
                FailAll(failure);
            }

            MakeRoom(bytes);
        }
    }

    private Load<T>? TakeLoad(out long bytes)
    {
        bytes = 0;
        lock (_gate)
        {
            _current = null;
            if (_queue.Count == 0)
            {
                _running = false;
                return null;
            }

            var parcels = new List<T>();
            while (_queue.TryPeek(out var parcel) && (parcels.Count == 0 || bytes + parcel.Bytes <= options.CallBytes))
            {
                parcels.Add(_queue.Dequeue());
                bytes += parcel.Bytes;
            }

            return _current = new Load<T>(_next++, parcels);
        }
    }

    /// <returns>False when there was no answer for too long, or the link has ended.</returns>
    private async ValueTask<bool> CarryAsync(Load<T> load)
    {
        var since = time.GetTimestamp();
        var pause = options.FirstPause;
        for (var atOnce = 0; ; atOnce++)
        {
            CallResult result;
            try
            {
                result = await call(load).ConfigureAwait(false);
            }
            catch (Exception)
            {
                load.IsInDoubt = true;
                result = CallResult.Later;
            }

            if (result == CallResult.Answered)
            {
                Volatile.Write(ref _answered, time.GetTimestamp());
                return true;
            }

            if (_ending.IsCancellationRequested)
                return false;
            if (result == CallResult.Again && atOnce < MostAtOnce)
                continue;
            if (time.GetElapsedTime(since) + pause > options.Patience)
                return false;
            await Task.Delay(pause, time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_ending.IsCancellationRequested)
                return false;
            pause = options.After(pause);
            atOnce = -1;
        }
    }

    private void MakeRoom(long bytes)
    {
        List<Waiter>? admitted = null;
        lock (_gate)
        {
            _bytes -= bytes;
            while (_waiting.TryPeek(out var waiter) && (waiter.IsGivenUp || HasRoomFor(waiter.Parcel)))
            {
                _waiting.Dequeue();
                if (waiter.IsGivenUp)
                    continue;
                waiter.IsAdmitted = true;
                Take(waiter.Parcel);
                (admitted ??= []).Add(waiter);
            }
        }

        admitted?.ForEach(waiter => waiter.Room.SetResult());
    }

    private void FailAll(Exception reason)
    {
        T[] queued;
        Waiter[] waiting;
        lock (_gate)
        {
            queued = [.. _queue];
            waiting = [.. _waiting];
            _queue.Clear();
            _waiting.Clear();
            _bytes -= queued.Sum(parcel => parcel.Bytes);
        }

        foreach (var parcel in queued)
            parcel.Fail(reason);
        foreach (var waiter in waiting)
        {
            waiter.Parcel.Fail(reason);
            waiter.Room.SetException(reason);
            // It may be that nobody looks any more.
            _ = waiter.Room.Task.Exception;
        }
    }

    private sealed record Waiter(T Parcel, TaskCompletionSource Room)
    {
        public bool IsAdmitted { get; set; }

        public bool IsGivenUp { get; set; }
    }
}
