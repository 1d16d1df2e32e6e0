namespace Starling.LoadGenerator.Traffic;

/// <summary>
/// The messages of one publisher on their way to all their receivers. It paces the publisher: what was sent and has not come out yet
/// stays below a window, so that a broker that drops what a slow reader can't take has no reason to, and throughput means delivered.
/// </summary>
internal sealed class Flow
{
    // A cache line per thread, so that receivers on several threads don't disturb each other.
    private const int Line = 8;

    private readonly long[] _progress;
    private readonly int _receivers;
    private readonly long _window;
    private long _sent;
    private long _forgiven;

    /// <param name="receivers">How many connections get each message.</param>
    /// <param name="window">Messages that may be on their way.</param>
    /// <param name="threads">Threads that call <see cref="Advance"/>.</param>
    public Flow(int receivers, long window, int threads)
    {
        _receivers = receivers;
        _window = window;
        _progress = new long[threads * Line];
    }

    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Deliveries that have come or were overtaken by later ones.</summary>
    public long Progress
    {
        get
        {
            var sum = 0L;
            for (var i = 0; i < _progress.Length; i += Line)
                sum += Volatile.Read(ref _progress[i]);
            return sum;
        }
    }

    /// <summary>Deliveries that are still to come.</summary>
    public long Outstanding => Sent * _receivers - Progress;

    /// <summary>Messages that may be sent now.</summary>
    public long Available => _window - (_sent - (Progress + _forgiven) / _receivers);

    public void Advance(int thread, long by) => _progress[thread * Line] += by;

    public void AddSent(long messages) => Volatile.Write(ref _sent, _sent + messages);

    /// <summary>Stops waiting for what is on its way; the check of the sequence numbers counts what is lost.</summary>
    public void Forgive() => _forgiven = Sent * _receivers - Progress;
}
