using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Telemetry;
using Starling.Broker.Threading;

namespace Starling.Cluster.Links;

/// <summary>
/// Carries items to one object in another process: one call under way, the rest gathers.
/// </summary>
/// <remarks>
/// All links of a cluster are this one mechanism, because what they promise is the same: order, a bound, and that nothing which was carried
/// once is carried twice.
///
/// 1. An item goes to the end of the queue. If it does not fit the bound, whoever brings it waits for room, in order with the others;
///    what counts for 0 bytes is always taken.
/// 2. When no call is under way, all that has gathered (up to <see cref="LinkOptions.CallBytes"/>) becomes a batch with the next number, and
///    goes as one call. There is no timer in this: a single item goes at once, and the slower the other side answers, the more each call
///    carries.
/// 3. A call may fail without anybody knowing whether it was carried out. Then the same batch goes again under the same number, after a
///    pause that grows, until there is an answer. The other side remembers the last number and what it answered: a repeat gets that answer,
///    or joins the call that is still running. Since the next number is used only behind an answer, one remembered number is enough, and a
///    lower one can only be a copy that was late.
/// 4. Only then comes the next batch. So items arrive in the order in which they were brought, however often calls are lost.
///
/// What can come between: the other object dies, and another one in its place remembers no number. Whether a batch may then go again is for
/// the link to say, which knows what it carries: see <see cref="ShardLink"/>. The other side stays away: after
/// <see cref="LinkOptions.Patience"/> everything that waits fails together, as it would one after the other. The link itself ends: so does
/// all that it holds; a call that is under way at that moment changes nothing here any more.
///
/// Thread-safe. Nobody is called with the lock held, and no thread waits.
/// </remarks>
/// <param name="link">What kind of link it is part of, for reports (<see cref="LinkFailures"/>).</param>
/// <param name="call">Makes one attempt; never two at a time. One that throws is reported and repeated later, in doubt.</param>
/// <param name="first">The number of the first batch.</param>
#pragma warning disable CA1001 // A cancellation source without a timer holds nothing that has to be disposed.
internal sealed class StopAndWaitSender<T>(
    string link, Func<Batch<T>, ValueTask<CallResult>> call, LinkOptions options, TimeProvider time, ILogger logger, long first = 1)
    where T : class, IOutboundItem
#pragma warning restore CA1001
{
    /// <summary>How often a batch goes again at once; an other side that is never content is not asked without end.</summary>
    private const int MaxAtOnce = 3;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly Queue<T> _queue = new();
    private readonly Queue<Waiter> _waiting = new();
    private long _next = first;
    private long _bytes;
    private long _answered;
    private bool _running;
    private Batch<T>? _current;
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

    /// <summary>Puts the item in line; done when there is room for it.</summary>
    /// <exception cref="StoreUnavailableException">The link could not carry anything for a while, or has ended; the item has failed, too.</exception>
    public ValueTask AddAsync(T item)
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            if (_ended is null && (_waiting.Count > 0 || !HasRoomFor(item)))
            {
                room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Enqueue(new Waiter(item, room));
            }
        }

        if (room is not null)
            return new ValueTask(room.Task);
        return Add(item) is { } ended ? ValueTask.FromException(ended) : ValueTask.CompletedTask;
    }

    /// <summary>
    /// Puts the item in line when there is room for it. For that it waits a while, as long as the other side answers: who brings too much
    /// is slowed down, but a side that is gone slows nobody down.
    /// </summary>
    /// <param name="item">For which nobody waits.</param>
    /// <param name="patience">How long it waits, and how old the last answer may be.</param>
    /// <returns>False when the item was not taken.</returns>
    public ValueTask<bool> OfferAsync(T item, TimeSpan patience)
    {
        Waiter? waiter = null;
        lock (_gate)
        {
            if (_ended is null && (_waiting.Count > 0 || !HasRoomFor(item)))
            {
                if (time.GetElapsedTime(_answered) >= patience)
                    return new(false);
                waiter = new Waiter(item, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                _waiting.Enqueue(waiter);
            }
        }

        return waiter is null ? new(Add(item) is null) : WaitAsync(waiter, patience);
    }

    private async ValueTask<bool> WaitAsync(Waiter waiter, TimeSpan patience)
    {
        await waiter.Room.Task.WaitAsync(patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (waiter.Room.Task.IsCompleted)
            return waiter.Room.Task.IsCompletedSuccessfully;
        lock (_gate)
            return !(waiter.IsGivenUp = !waiter.IsAdmitted);
    }

    /// <summary>Puts the item in line, room or not.</summary>
    /// <returns>Why it failed, when the link has ended.</returns>
    public Exception? Add(T item)
    {
        Exception? ended;
        bool start;
        lock (_gate)
        {
            ended = _ended;
            start = ended is null && !_running;
            if (ended is null)
            {
                Take(item);
                _running = true;
            }
        }

        if (ended is not null)
            item.Fail(ended);
        else if (start)
            Background.Run(RunAsync(), logger, "Delivery to another process");
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
        foreach (var item in _current?.Items ?? [])
            item.Fail(reason);
        FailAll(reason);
    }

    private bool HasRoomFor(T item) => item.Bytes == 0 || _bytes == 0 || _bytes + item.Bytes <= options.MaxBytes;

    private void Take(T item)
    {
        _queue.Enqueue(item);
        _bytes += item.Bytes;
    }

    private async Task RunAsync()
    {
        BrokerTracing.Detach();
        Volatile.Write(ref _answered, time.GetTimestamp());
        while (TakeBatch(out var bytes) is { } batch)
        {
            if (!await CarryAsync(batch).ConfigureAwait(false))
            {
                var failure = _ended ?? new StoreUnavailableException("Another process of the cluster is unreachable.");
                foreach (var item in batch.Items)
                    item.Fail(failure);
                FailAll(failure);
            }

            MakeRoom(bytes);
        }
    }

    private Batch<T>? TakeBatch(out long bytes)
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

            var items = new List<T>();
            while (_queue.TryPeek(out var item) && (items.Count == 0 || bytes + item.Bytes <= options.CallBytes))
            {
                items.Add(_queue.Dequeue());
                bytes += item.Bytes;
            }

            return _current = new Batch<T>(_next++, items);
        }
    }

    /// <returns>False when there was no answer for too long, or the link has ended.</returns>
    private async ValueTask<bool> CarryAsync(Batch<T> batch)
    {
        var since = time.GetTimestamp();
        var pause = options.FirstPause;
        for (var atOnce = 0; ; atOnce++)
        {
            CallResult result;
            try
            {
                result = await call(batch).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                options.Failures?.Report(link, error);
                batch.IsInDoubt = true;
                result = CallResult.Later;
            }

            if (result == CallResult.Answered)
            {
                Volatile.Write(ref _answered, time.GetTimestamp());
                return true;
            }

            if (_ending.IsCancellationRequested)
                return false;
            if (result == CallResult.Again && atOnce < MaxAtOnce)
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
            while (_waiting.TryPeek(out var waiter) && (waiter.IsGivenUp || HasRoomFor(waiter.Item)))
            {
                _waiting.Dequeue();
                if (waiter.IsGivenUp)
                    continue;
                waiter.IsAdmitted = true;
                Take(waiter.Item);
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
            _bytes -= queued.Sum(item => item.Bytes);
        }

        foreach (var item in queued)
            item.Fail(reason);
        foreach (var waiter in waiting)
        {
            waiter.Item.Fail(reason);
            waiter.Room.SetException(reason);
            // It may be that nobody looks any more.
            _ = waiter.Room.Task.Exception;
        }
    }

    private sealed record Waiter(T Item, TaskCompletionSource Room)
    {
        public bool IsAdmitted { get; set; }

        public bool IsGivenUp { get; set; }
    }
}
