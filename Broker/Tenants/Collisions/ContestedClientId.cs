namespace Starling.Broker.Tenants.Collisions;

/// <summary>The recent takeovers of one client id. Guarded by its table.</summary>
internal sealed class ContestedClientId
{
    /// <summary>Addresses remembered; a fight among more devices than this isn't recognised by all its returns, but by many of them.</summary>
    private const int Places = 4;

    /// <summary>More takeovers than this in a window are reported as this many.</summary>
    private const int CountedTakeovers = 128;

    private readonly List<(Place Place, long At)> _places = new(2);
    private readonly Queue<long> _returns = new();
    private readonly Queue<long> _takeovers = new();
    private TimeSpan _hold;
    private long? _heldUntil;
    private long? _warnedAt;

    public long LastSeen { get; private set; }

    public bool IsHeld(long now) => now < _heldUntil;

    public Sighting Observe(Place older, Place newer, long now, TimeProvider time, ClientIdCollisionOptions options)
    {
        var window = Timestamps(options.Window, time);
        LastSeen = now;
        DropBefore(_takeovers, now - window);
        if (_takeovers.Count == CountedTakeovers)
            _takeovers.Dequeue();
        _takeovers.Enqueue(now);
        var isNew = false;
        if (!IsHeld(now))
        {
            if (!GoesBackAndForth(older, newer, now, window, options.Threshold))
                return new(TakeoverVerdict.TakeOver, false, false, _takeovers.Count, TimeSpan.Zero);
            StartHold(now, window, time, options);
            isNew = true;
        }
        var warn = _warnedAt is not { } last || now - last >= window;
        if (warn)
            _warnedAt = now;
        return new(TakeoverVerdict.KeepOlder, isNew, warn, _takeovers.Count, time.GetElapsedTime(now, _heldUntil!.Value));
    }

    /// <summary>True when there were enough takeovers and all of them, but perhaps the first, returned to a known address.</summary>
    private bool GoesBackAndForth(Place older, Place newer, long now, long window, int threshold)
    {
        _places.RemoveAll(seen => seen.At < now - window || seen.Place == older);
        DropBefore(_returns, now - window);
        if (_places.Exists(seen => seen.Place == newer))
            _returns.Enqueue(now);
        if (_places.Count == Places)
            _places.RemoveAt(0);
        _places.Add((older, now));
        return _returns.Count >= threshold - 1 && _takeovers.Count >= threshold;
    }

    /// <summary>Twice as long as before if the fight went on soon after the last hold.</summary>
    private void StartHold(long now, long window, TimeProvider time, ClientIdCollisionOptions options)
    {
        _hold = _heldUntil is { } last && now - last <= 2 * window ? 2 * _hold : options.Hold;
        if (_hold > options.MaximumHold)
            _hold = options.MaximumHold;
        _heldUntil = now + Timestamps(_hold, time);
        _returns.Clear();
        _places.Clear();
    }

    private static void DropBefore(Queue<long> times, long limit)
    {
        while (times.TryPeek(out var at) && at < limit)
            times.Dequeue();
    }

    private static long Timestamps(TimeSpan span, TimeProvider time) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
