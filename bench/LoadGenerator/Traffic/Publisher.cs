using Starling.LoadGenerator.Wire;

namespace Starling.LoadGenerator.Traffic;

/// <summary>Decides when a client publishes how much: within the flow's window, its window of unacknowledged messages, or at a rate.</summary>
internal sealed class Publisher
{
    private const long PatienceNanoseconds = 1_000_000_000;

    private readonly PublishBurst _burst;
    private readonly PublisherOptions _options;
    private readonly long _leastBurst;
    private readonly long[] _sentAt;
    private long _start = -1;
    private long _lastProgress;
    private long _blockedSince;

    public Publisher(PublishBurst burst, Flow flow, PublisherOptions options)
    {
        _burst = burst;
        Flow = flow;
        _options = options;
        _sentAt = new long[options.Unacknowledged];
        // Small bursts would measure system calls; an acknowledgement, or time, sets the pace of the other two.
        _leastBurst = options.Unacknowledged > 0 || options.PerSecond > 0 ? 1 : Math.Max(1, Math.Min(burst.Capacity, options.Window / 4));
    }

    public Flow Flow { get; }

    public PublishBurst Burst => _burst;

    public int InFlight { get; private set; }

    /// <summary>Latest that a message at a fixed rate was sent after its time, in nanoseconds.</summary>
    public long MaxLate { get; private set; }

    /// <summary>The oldest message of QoS 1 or 2 on its way was acknowledged.</summary>
    /// <returns>How long after it was written, in nanoseconds.</returns>
    public long Acknowledged(long now) => now - _sentAt[(Flow.Sent - InFlight--) % _sentAt.Length];

    /// <summary>Fills the burst, which has been sent, with as much as may be sent now.</summary>
    /// <returns>False when nothing may.</returns>
    public bool Next(long now)
    {
        var count = Math.Min(_burst.Capacity, Flow.Available);
        if (_options.Unacknowledged > 0)
            count = Math.Min(count, _options.Unacknowledged - InFlight);
        if (_options.PerSecond > 0)
            count = Math.Min(count, Due(now));
        if (count < _leastBurst)
        {
            LookForLoss(now);
            return false;
        }

        _burst.Fill((int)count, Flow.Sent, now);
        if (_options.Unacknowledged > 0)
        {
            for (var sequence = Flow.Sent; sequence < Flow.Sent + count; sequence++)
                _sentAt[sequence % _sentAt.Length] = now;
            InFlight += (int)count;
        }

        Flow.AddSent(count);
        return true;
    }

    private long Due(long now)
    {
        var interval = 1e9 / _options.PerSecond;
        if (_start < 0)
            _start = now + (long)(interval * _options.Phase);
        var due = Math.Max(0, (long)((now - _start) / interval) + (now >= _start ? 1 : 0)) - Flow.Sent;
        if (due > 0)
            MaxLate = Math.Max(MaxLate, now - _start - (long)(Flow.Sent * interval));
        return due;
    }

    private void LookForLoss(long now)
    {
        var progress = Flow.Progress;
        if (progress != _lastProgress || Flow.Available > 0)
        {
            _lastProgress = progress;
            _blockedSince = now;
        }
        else if (now - _blockedSince > PatienceNanoseconds)
        {
            Flow.Forgive();
            _blockedSince = now;
        }
    }
}

/// <param name="Window">Messages on their way, as of <see cref="Traffic.Flow"/>.</param>
/// <param name="Unacknowledged">Messages without PUBACK or PUBCOMP; 0 when QoS is 0.</param>
/// <param name="PerSecond">Messages per second; 0 for as fast as the windows allow.</param>
/// <param name="Phase">At a rate: part of the interval, 0 to 1, that the first message waits.</param>
internal sealed record PublisherOptions(long Window, int Unacknowledged, double PerSecond = 0, double Phase = 0);
