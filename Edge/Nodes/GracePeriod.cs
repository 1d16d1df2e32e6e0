namespace Starling.Edge.Nodes;

/// <summary>
/// Waits until everything that is under way has ended, but not for what begins later. What begins is counted with the present generation; a
/// wait begins a new generation and lasts until the older ones are empty.
/// </summary>
internal sealed class GracePeriod
{
    private readonly Lock _gate = new();
    private readonly Queue<Generation> _older = new();
    private Generation _present = new();

    /// <returns>To be given back to <see cref="Exit"/>.</returns>
    public object Enter()
    {
        lock (_gate)
        {
            _present.Count++;
            return _present;
        }
    }

    public void Exit(object entered)
    {
        lock (_gate)
        {
            ((Generation)entered).Count--;
            // Generations end in order: who waits for one waits for those before it too.
            while (_older.TryPeek(out var oldest) && oldest.Count == 0)
                _older.Dequeue().Ended.TrySetResult();
        }
    }

    public Task WaitAsync()
    {
        lock (_gate)
        {
            if (_present.Count == 0 && _older.Count == 0)
                return Task.CompletedTask;
            if (_present.Count == 0)
                return _older.Last().Ended.Task;
            var waitedFor = _present;
            _older.Enqueue(waitedFor);
            _present = new Generation();
            return waitedFor.Ended.Task;
        }
    }

    private sealed class Generation
    {
        public int Count { get; set; }

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
