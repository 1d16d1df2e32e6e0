namespace Starling.Broker.Sessions;

/// <summary>
/// Lets one at a time, in the order they came, do something that may wait. It takes a third of a semaphore's memory, and every session
/// has two; it holds a queue only while somebody waits.
/// </summary>
internal sealed class Turn
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
}
