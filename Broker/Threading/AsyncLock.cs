namespace Starling.Broker.Threading;

/// <summary>
/// Lets one at a time, in the order they came, do something that may wait. It takes a third of a semaphore's memory, and every session
/// has two; it holds a queue only while somebody waits.
/// </summary>
internal sealed class AsyncLock
{
    private Queue<TaskCompletionSource>? _waiting;
    private bool _taken;

    /// <summary>Waits for the caller's turn, which ends with <see cref="Release"/>.</summary>
    public Task WaitAsync()
    {
        lock (this)
        {
            if (!_taken)
            {
                _taken = true;
                return Task.CompletedTask;
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (_waiting ??= new Queue<TaskCompletionSource>()).Enqueue(turn);
            return turn.Task;
        }
    }

    /// <summary>The same, for one who may give up.</summary>
    /// <exception cref="OperationCanceledException">It is not the caller's turn and won't be.</exception>
    public async Task WaitOrLeaveAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var turn = WaitAsync();
        try
        {
            await turn.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            if (!Leave(turn))
                Release();
            throw;
        }
    }

    /// <summary>Takes the turn if nobody has it.</summary>
    public bool TryTake()
    {
        lock (this)
        {
            var free = !_taken;
            _taken = true;
            return free;
        }
    }

    public void Release()
    {
        TaskCompletionSource? next;
        lock (this)
        {
            next = _waiting?.Dequeue();
            if (next is null)
                _taken = false;
            else if (_waiting!.Count == 0)
                _waiting = null;
        }

        next?.SetResult();
    }

    /// <returns>False when it is the caller's turn already.</returns>
    private bool Leave(Task turn)
    {
        lock (this)
        {
            if (_waiting?.Any(waiting => waiting.Task == turn) != true)
                return false;
            var others = _waiting.Where(waiting => waiting.Task != turn).ToArray();
            _waiting = others.Length > 0 ? new Queue<TaskCompletionSource>(others) : null;
            return true;
        }
    }
}
