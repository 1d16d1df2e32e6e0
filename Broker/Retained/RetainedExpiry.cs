using Starling.Broker.Messages;
using Starling.Broker.Time;

namespace Starling.Broker.Retained;

/// <summary>
/// When which retained messages expire, and a call when some have. Messages that were replaced or removed are passed over. Not
/// thread-safe: the owner locks.
/// </summary>
/// <param name="sweep">Takes what has expired (<see cref="Take"/>), under the owner's lock.</param>
internal sealed class RetainedExpiry(DelayQueue due, Action sweep) : IDisposable
{
    /// <summary>So that a sweep stays short.</summary>
    internal const int MaxTaken = 1000;

    /// <summary>Milliseconds between sweeps for messages that expire one after the other.</summary>
    private const int Pause = 1000;

    private readonly PriorityQueue<RetainedNode, long> _queue = new();
    private IDisposable? _sweep;
    private long _sweepAt = Message.Never;

    /// <param name="node">Has just been set.</param>
    /// <param name="expiresAt">When its message expires, or <see cref="Message.Never"/>.</param>
    /// <param name="count">How many messages there are.</param>
    public void Add(RetainedNode node, long expiresAt, int count)
    {
        if (expiresAt == Message.Never)
            return;
        _queue.Enqueue(node, expiresAt);
        if (_queue.Count > (2 * count) + 1024)
            ForgetReplaced();
        if (expiresAt < _sweepAt)
            Schedule(expiresAt);
    }

    /// <summary>Some nodes whose messages have expired, and the next call, if there are more.</summary>
    public HashSet<RetainedNode> Take()
    {
        var expired = new HashSet<RetainedNode>();
        var now = due.Now;
        for (var looked = 0; looked < MaxTaken && _queue.TryPeek(out var node, out var at) && at <= now; looked++)
        {
            _queue.Dequeue();
            if (IsPresent(node, at))
                expired.Add(node);
        }

        _sweepAt = Message.Never;
        if (_queue.TryPeek(out _, out var next))
            Schedule(next <= now ? now : Math.Max(next, now + Pause));
        return expired;
    }

    public void Dispose() => _sweep?.Dispose();

    private static bool IsPresent(RetainedNode node, long expiresAt) => node.Value is { } value && RetainedValue.ExpiresAt(value) == expiresAt;

    private void Schedule(long at)
    {
        _sweep?.Dispose();
        _sweepAt = at;
        _sweep = due.Schedule(at, sweep);
    }

    private void ForgetReplaced()
    {
        var present = _queue.UnorderedItems.Where(item => IsPresent(item.Element, item.Priority)).Distinct().ToArray();
        _queue.Clear();
        _queue.EnqueueRange(present);
    }
}
