namespace Starling.Broker.Metrics;

/// <summary>What memory is held for. Bytes are about what it costs: texts, and what objects and tables take around them.</summary>
public enum HeldKind
{
    /// <summary>Messages that wait for a client that does not read, or whose receive maximum is used up.</summary>
    Outgoing,

    /// <summary>Control packets that wait for a client that does not read.</summary>
    Answers,

    /// <summary>Topics that a client publishes to.</summary>
    Topics,

    /// <summary>Topic aliases that the broker has set towards a client.</summary>
    Aliases,

    /// <summary>Filters that a client has subscribed to.</summary>
    Filters,

    /// <summary>Messages that a client has not acknowledged.</summary>
    InFlight,

    /// <summary>A large packet of which a part has come.</summary>
    Incoming,

    /// <summary>Topics of retained messages that were published while retained messages are replayed.</summary>
    Replays,
}

/// <summary>The bytes that connections of a tenant hold in this process, by kind. Thread-safe.</summary>
public sealed class HeldBytes
{
    private readonly long[] _bytes = new long[Kinds.Count];
    private long _total;
    private long _limit = long.MaxValue;

    public static IReadOnlyList<HeldKind> Kinds { get; } = Enum.GetValues<HeldKind>();

    /// <summary>What they may hold; who holds most is closed beyond it.</summary>
    public long Limit { get => Volatile.Read(ref _limit); internal set => Volatile.Write(ref _limit, value); }

    public bool IsOver => Total > Limit;

    public long Total => Interlocked.Read(ref _total);

    public long Of(HeldKind kind) => Interlocked.Read(ref _bytes[(int)kind]);

    public void Add(HeldKind kind, long bytes)
    {
        Interlocked.Add(ref _bytes[(int)kind], bytes);
        Interlocked.Add(ref _total, bytes);
    }
}
