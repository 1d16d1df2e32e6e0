namespace Starling.Broker.Time;

/// <summary>
/// The time by which a process judges what it stores and sends: expiry of sessions and messages, delays of wills. It begins as the machine's
/// wall clock and advances by the monotonic one, so that it does not jump when somebody sets the wall clock. Where there is a database it
/// follows that one's clock (<see cref="Follow"/>), so that all processes agree on what they have stored. Timers and timestamps are the
/// machine's. Thread-safe.
/// </summary>
/// <remarks>Dates that others made, such as those of certificates and tokens, are compared with <see cref="Wall"/>.</remarks>
public sealed class BrokerClock : TimeProvider
{
    private volatile Anchor _anchor;
    private volatile bool _isTrusted = true;

    /// <param name="wall">The machine's clock.</param>
    public BrokerClock(TimeProvider wall)
    {
        Wall = wall;
        _anchor = new Anchor(wall.GetUtcNow(), wall.GetTimestamp());
    }

    /// <summary>The machine's clock, which jumps when it is set.</summary>
    public TimeProvider Wall { get; }

    /// <summary>
    /// False while the machine's clock and the database's are so far apart that one of them must be wrong: nothing that is stored is to be
    /// removed for its age.
    /// </summary>
    public bool IsTrusted { get => _isTrusted; set => _isTrusted = value; }

    public override long TimestampFrequency => Wall.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => Wall.LocalTimeZone;

    /// <summary>Raised when the time has been changed by <see cref="Follow"/>.</summary>
    public event Action? Changed;

    /// <summary>Whether what is stored may be removed for its age by this clock.</summary>
    public static bool MayRemove(TimeProvider time) => time is not BrokerClock { IsTrusted: false };

    /// <summary>Sets the time.</summary>
    /// <param name="now">What the clock that is to be followed says.</param>
    public void Follow(DateTimeOffset now)
    {
        _anchor = new Anchor(now, Wall.GetTimestamp());
        Changed?.Invoke();
    }

    public override DateTimeOffset GetUtcNow()
    {
        var anchor = _anchor;
        return anchor.Utc + Wall.GetElapsedTime(anchor.Timestamp);
    }

    public override long GetTimestamp() => Wall.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        Wall.CreateTimer(callback, state, dueTime, period);

    private sealed record Anchor(DateTimeOffset Utc, long Timestamp);
}
