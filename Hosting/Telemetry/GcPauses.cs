namespace Starling.Hosting.Telemetry;

/// <summary>
/// Tells of each pause for a garbage collection: the total says nothing about the longest. An object that nothing refers to is finalized after
/// each collection, reads what the runtime knows about it, and leaves another such object behind. If two collections follow each other faster
/// than that, the first one is missed.
/// </summary>
internal sealed class GcPauses : IDisposable
{
    private readonly Action<TimeSpan> _paused;
    private long _last;
    private volatile bool _disposed;

    /// <param name="paused">Called on the finalizer's thread with the length of each pause; must not throw.</param>
    public GcPauses(Action<TimeSpan> paused)
    {
        _paused = paused;
        _ = new Witness(this);
    }

    public void Dispose() => _disposed = true;

    private void Collected()
    {
        var collection = GC.GetGCMemoryInfo(GCKind.Any);
        if (collection.Index == _last)
            return;
        _last = collection.Index;
        foreach (var pause in collection.PauseDurations)
        {
            if (pause > TimeSpan.Zero)
                _paused(pause);
        }
    }

    private sealed class Witness(GcPauses pauses)
    {
        ~Witness()
        {
            if (pauses._disposed || Environment.HasShutdownStarted)
                return;
            pauses.Collected();
            _ = new Witness(pauses);
        }
    }
}
