using Starling.Broker.Metrics;
using Starling.Protocol;

namespace Starling.Broker.Tenants.Quotas;

/// <summary>
/// What a tenant uses of its limits on this process, and how often each limit refused something. Thread-safe; rates are charged once per
/// batch of messages, never per message.
/// </summary>
public sealed class TenantQuotas
{
    private readonly string _tenant;
    private readonly TenantMetrics _metrics;
    private readonly TokenBucket _connects;
    private readonly TokenBucket _messagesIn;
    private readonly TokenBucket _messagesOut;
    private readonly TokenBucket _bytesIn;
    private readonly TokenBucket _bytesOut;
    private readonly long[] _refusals = new long[Enum.GetValues<TenantLimit>().Length];
    private readonly Lock _retained = new();
    private readonly Lock _sharing = new();
    private readonly long[] _takenBefore = new long[SharedLimits.All.Count];
    private readonly long[] _refusalsBefore = new long[SharedLimits.All.Count];
    private TenantLimits _limits;
    private TenantShare? _share;
    private long _demandedAt;
    private bool _wantsConnections;
    private int _connections;
    private int _retainedMessages;
    private long _retainedBytes;

    internal TenantQuotas(string tenant, TenantLimits limits, TimeProvider time, TenantMetrics metrics)
    {
        _tenant = tenant;
        _limits = limits;
        _metrics = metrics;
        _connects = new(time);
        _messagesIn = new(time);
        _messagesOut = new(time);
        _bytesIn = new(time);
        _bytesOut = new(time);
        Apply(limits);
    }

    public int Connections => Volatile.Read(ref _connections);

    public int RetainedMessages
    {
        get
        {
            lock (_retained)
                return _retainedMessages;
        }
    }

    public long RetainedBytes
    {
        get
        {
            lock (_retained)
                return _retainedBytes;
        }
    }

    /// <summary>How often a limit refused or held back something since the tenant came to be.</summary>
    public long Refusals(TenantLimit limit) => Interlocked.Read(ref _refusals[(int)limit]);

    /// <summary>
    /// Asks for a new connection. Success: it counts until <see cref="RemoveConnection"/>, to be called exactly once for it. Connection
    /// rate exceeded (0x9F) or Quota exceeded (0x97): refused and counted.
    /// </summary>
    /// <param name="takesOver">Whether a connection ends for it, so that a full tenant's devices can still come back after a lost network.</param>
    /// <param name="isFinal">False when it is asked again before the client is refused: then nothing is counted.</param>
    public ReasonCode TryAddConnection(bool takesOver = false, bool isFinal = true)
    {
        if (!_connects.TryTake(1))
            return RefuseConnection(TenantLimit.ConnectsPerSecond, isFinal);
        if (_metrics.HeldBy(_tenant).IsOver)
            return RefuseConnection(TenantLimit.MemoryBytes, isFinal);
        if (Connections >= Volatile.Read(ref _limits).ConnectionsPerProcess && !takesOver)
            return RefuseConnection(TenantLimit.ConnectionsPerProcess, isFinal);
        if (Interlocked.Increment(ref _connections) > (Effective(SharedLimit.Connections) ?? int.MaxValue) && !takesOver)
        {
            Interlocked.Decrement(ref _connections);
            return RefuseConnection(TenantLimit.Connections, isFinal);
        }
        _metrics.ConnectionsChanged(_tenant, 1);
        return ReasonCode.Success;
    }

    private ReasonCode RefuseConnection(TenantLimit limit, bool isFinal)
    {
        Volatile.Write(ref _wantsConnections, true);
        return isFinal ? Refuse(limit) : limit.ReasonCode();
    }

    public void RemoveConnection()
    {
        Interlocked.Decrement(ref _connections);
        _metrics.ConnectionsChanged(_tenant, -1);
    }

    /// <summary>
    /// Charges a batch that a connection has read. The connection takes it as it is and then reads nothing for the returned time, so that
    /// a client that is too fast is slowed down, not refused.
    /// </summary>
    public TimeSpan DelayIn(int messages, long bytes) =>
        Delay(_messagesIn, messages, TenantLimit.MessagesPerSecondIn, _bytesIn, bytes, TenantLimit.BytesPerSecondIn);

    /// <summary>Charges bytes that have been sent. Who publishes waits for them (<see cref="DelayOut"/>).</summary>
    public void ChargeOut(long bytes) => _bytesOut.Charge(bytes);

    /// <summary>
    /// Charges messages that a connection has published and the tenant's clients get; it reads nothing for the returned time, which is also for
    /// the bytes that were charged before.
    /// </summary>
    public TimeSpan DelayOut(int messages) =>
        Delay(_messagesOut, messages, TenantLimit.MessagesPerSecondOut, _bytesOut, 0, TenantLimit.BytesPerSecondOut);

    /// <summary>How long the tenant would have to send nothing to be within its rate of bytes.</summary>
    public TimeSpan OwedOut => _bytesOut.Charge(0);

    /// <summary>
    /// Accounts for a change of the tenant's retained messages, before it is made: +1 and its bytes for a new one, 0 and the difference
    /// for a replaced one, -1 and minus its bytes for a removed one. Success, or Quota exceeded (0x97) when something grows beyond its
    /// limit; what shrinks is never refused.
    /// </summary>
    public ReasonCode TryChangeRetained(int messages, long bytes)
    {
        var limits = Volatile.Read(ref _limits);
        lock (_retained)
        {
            if (messages > 0 && _retainedMessages + messages > limits.RetainedMessages)
                return Refuse(TenantLimit.RetainedMessages);
            if (bytes > 0 && _retainedBytes + bytes > limits.RetainedBytes)
                return Refuse(TenantLimit.RetainedBytes);
            _retainedMessages += messages;
            _retainedBytes += bytes;
            return ReasonCode.Success;
        }
    }

    /// <summary>Accounts for retained messages that are there, even beyond the present limits: what was stored is kept.</summary>
    public void CountRetained(int messages, long bytes)
    {
        lock (_retained)
        {
            _retainedMessages += messages;
            _retainedBytes += bytes;
        }
    }

    /// <summary>Counts a refusal that the caller decided on (a packet too large, a topic too deep, ...) and says with which code.</summary>
    public ReasonCode Refuse(TenantLimit limit)
    {
        Interlocked.Increment(ref _refusals[(int)limit]);
        _metrics.Refused(_tenant, limit.MetricName());
        return limit.ReasonCode();
    }

    /// <summary>What this process has used of the limits that are divided since it was asked before.</summary>
    public TenantDemand TakeDemand(TimeProvider time)
    {
        lock (_sharing)
        {
            var seconds = _demandedAt == 0 ? 0 : time.GetElapsedTime(_demandedAt).TotalSeconds;
            _demandedAt = time.GetTimestamp();
            var wantsConnections = Interlocked.Exchange(ref _wantsConnections, false);
            return new TenantDemand([.. SharedLimits.All.Select(limit => Demand(limit, seconds, wantsConnections))]);
        }
    }

    /// <summary>From now on this process may use this part of the tenant's limits; before the first call it may use all.</summary>
    public void Share(TenantShare share)
    {
        Volatile.Write(ref _share, share);
        Apply(Volatile.Read(ref _limits));
    }

    /// <summary>From now on these are the tenant's limits.</summary>
    internal void Apply(TenantLimits limits)
    {
        Volatile.Write(ref _limits, limits);
        _metrics.HeldBy(_tenant).Limit = limits.MemoryBytes;
        foreach (var limit in SharedLimits.All)
        {
            if (BucketOf(limit) is { } bucket)
                bucket.Rate = Effective(limit, limits);
        }
    }

    private double? Effective(SharedLimit limit) => Effective(limit, Volatile.Read(ref _limits));

    private double? Effective(SharedLimit limit, TenantLimits limits) =>
        limits.Of(limit) is { } all ? Math.Min(all, Volatile.Read(ref _share)?.Of(limit) ?? all) : null;

    private LimitDemand Demand(SharedLimit limit, double seconds, bool wantsConnections)
    {
        var refusals = Refusals(RefusalOf(limit));
        var isShort = refusals > _refusalsBefore[(int)limit] || (wantsConnections && limit <= SharedLimit.ConnectsPerSecond);
        _refusalsBefore[(int)limit] = refusals;
        if (BucketOf(limit) is not { } bucket)
            return new LimitDemand(Connections, isShort);
        var taken = bucket.Taken;
        var used = seconds > 0 ? (taken - _takenBefore[(int)limit]) / seconds : 0;
        _takenBefore[(int)limit] = taken;
        return new LimitDemand(used, isShort);
    }

    private TokenBucket? BucketOf(SharedLimit limit) => limit switch
    {
        SharedLimit.Connections => null,
        SharedLimit.ConnectsPerSecond => _connects,
        SharedLimit.MessagesPerSecondIn => _messagesIn,
        SharedLimit.MessagesPerSecondOut => _messagesOut,
        SharedLimit.BytesPerSecondIn => _bytesIn,
        _ => _bytesOut,
    };

    private static TenantLimit RefusalOf(SharedLimit limit) => limit switch
    {
        SharedLimit.Connections => TenantLimit.Connections,
        SharedLimit.ConnectsPerSecond => TenantLimit.ConnectsPerSecond,
        SharedLimit.MessagesPerSecondIn => TenantLimit.MessagesPerSecondIn,
        SharedLimit.MessagesPerSecondOut => TenantLimit.MessagesPerSecondOut,
        SharedLimit.BytesPerSecondIn => TenantLimit.BytesPerSecondIn,
        _ => TenantLimit.BytesPerSecondOut,
    };

    private TimeSpan Delay(TokenBucket messages, int count, TenantLimit countLimit, TokenBucket bytes, long length, TenantLimit lengthLimit)
    {
        var forCount = messages.Charge(count);
        var forLength = bytes.Charge(length);
        if (forCount > TimeSpan.Zero)
            Refuse(countLimit);
        if (forLength > TimeSpan.Zero)
            Refuse(lengthLimit);
        return forCount > forLength ? forCount : forLength;
    }
}
