using System.Diagnostics.CodeAnalysis;

namespace Starling.Edge.Nodes;

/// <summary>
/// .NET's. How long work waits is measured by a piece of work that is queued now and then, while somebody asks: the count of all that waits
/// costs a lock for each thread.
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by the service provider.")]
internal sealed class SystemThreadPool : IThreadPool, IThreadPoolWorkItem
{
    /// <summary>Work that waits for longer than this has too much before it.</summary>
    private static readonly TimeSpan LongWait = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan BetweenProbes = TimeSpan.FromMilliseconds(5);

    private readonly TimeProvider _time;
    private readonly long _longWait;
    private readonly long _betweenProbes;
    private long _probedAt;
    private int _isProbing;
    private volatile bool _waitedLong;

    public SystemThreadPool(TimeProvider time)
    {
        _time = time;
        _longWait = (long)(LongWait.TotalSeconds * time.TimestampFrequency);
        _betweenProbes = (long)(BetweenProbes.TotalSeconds * time.TimestampFrequency);
    }

    public int Processors { get; } = Environment.ProcessorCount;

    public bool IsBusy(long now)
    {
        var since = now - Volatile.Read(ref _probedAt);
        if (since < _betweenProbes)
            return _waitedLong || (since > _longWait && Volatile.Read(ref _isProbing) != 0);
        if (Interlocked.Exchange(ref _isProbing, 1) != 0)
            return true;
        Volatile.Write(ref _probedAt, now);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return _waitedLong;
    }

    public void Queue(Action work) => ThreadPool.UnsafeQueueUserWorkItem(static work => work(), work, preferLocal: false);

    void IThreadPoolWorkItem.Execute()
    {
        _waitedLong = _time.GetTimestamp() - Volatile.Read(ref _probedAt) > _longWait;
        Volatile.Write(ref _isProbing, 0);
    }
}
