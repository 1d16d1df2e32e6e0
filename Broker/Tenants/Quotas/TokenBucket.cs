namespace Starling.Broker.Tenants.Quotas;

/// <summary>
/// A rate limit of so many tokens per second that lets a burst of one second's worth through. Thread-safe and lock-free.
/// </summary>
/// <remarks>
/// It keeps one number, the moment at which the bucket will be full again (the generic cell rate algorithm): taking n tokens moves that
/// moment by n / rate seconds, and the bucket is empty when it lies one second ahead.
/// </remarks>
public sealed class TokenBucket(TimeProvider time)
{
    /// <summary>Tokens per second: a rate of nothing would be one without a limit.</summary>
    private const double Least = 0.001;

    private readonly long _second = time.TimestampFrequency;
    private double _rate;
    private long _taken;
    private long _fullAt = time.GetTimestamp();

    /// <summary>Tokens per second; null is unlimited. What was taken before a change stays taken, counted in time.</summary>
    public double? Rate
    {
        get => Volatile.Read(ref _rate) is > 0 and var rate ? rate : null;
        set => Volatile.Write(ref _rate, value is { } rate ? Math.Max(rate, Least) : 0);
    }

    /// <summary>Tokens taken so far, while there was a rate.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Takes n tokens or none. More than the bucket ever holds are given when it is full.</summary>
    public bool TryTake(long n)
    {
        if (Rate is not { } rate)
            return true;
        while (true)
        {
            var now = time.GetTimestamp();
            var fullAt = Interlocked.Read(ref _fullAt);
            var from = Math.Max(fullAt, now);
            var next = from + Cost(n, rate);
            if (next - now > _second && from > now)
                return false;
            if (Interlocked.CompareExchange(ref _fullAt, next, fullAt) == fullAt)
            {
                Interlocked.Add(ref _taken, n);
                return true;
            }
        }
    }

    /// <summary>Takes n tokens even if that leaves a debt, for what has happened already; returns how long to pause to pay it off.</summary>
    public TimeSpan Charge(long n)
    {
        if (Rate is not { } rate)
            return TimeSpan.Zero;
        while (true)
        {
            var now = time.GetTimestamp();
            var fullAt = Interlocked.Read(ref _fullAt);
            var next = Math.Max(fullAt, now) + Cost(n, rate);
            if (Interlocked.CompareExchange(ref _fullAt, next, fullAt) == fullAt)
            {
                Interlocked.Add(ref _taken, n);
                return Span(next - now - _second);
            }
        }
    }

    /// <summary>How long until <see cref="TryTake"/> would give n tokens if nobody else takes any.</summary>
    public TimeSpan TimeUntil(long n)
    {
        if (Rate is not { } rate)
            return TimeSpan.Zero;
        var now = time.GetTimestamp();
        var from = Math.Max(Interlocked.Read(ref _fullAt), now);
        return Span(from + Cost(Math.Min(n, (long)Math.Ceiling(rate)), rate) - now - _second);
    }

    private long Cost(long n, double rate) => (long)(n * _second / rate);

    /// <summary>Rounded up, so that after waiting for it the tokens are there.</summary>
    private TimeSpan Span(long timestamps) =>
        timestamps <= 0 ? TimeSpan.Zero : TimeSpan.FromTicks((long)Math.Ceiling((double)timestamps * TimeSpan.TicksPerSecond / _second));
}
