using Starling.Broker.Metrics;

namespace Starling.Edge.Outgoing;

/// <summary>
/// The bytes that are held for one connection, by kind. Each kind is set by whoever holds them, when they have changed by as much as matters;
/// the tenant's sum follows. Thread-safe for different kinds.
/// </summary>
internal sealed class ConnectionLedger(HeldBytes tenant)
{
    // Made when there is something for it.
    private long[]? _bytes;
    private bool _released;

    /// <summary>All kinds together.</summary>
    public long Total
    {
        get
        {
            var total = 0L;
            foreach (ref var bytes in (Volatile.Read(ref _bytes) ?? []).AsSpan())
                total += Interlocked.Read(ref bytes);
            return total;
        }
    }

    public HeldBytes Tenant => tenant;

    public long Of(HeldKind kind) => Volatile.Read(ref _bytes) is { } bytes ? Interlocked.Read(ref bytes[(int)kind]) : 0;

    /// <param name="held">All that is held of this kind now.</param>
    public void Set(HeldKind kind, long held)
    {
        if (Volatile.Read(ref _bytes) is not { } bytes)
        {
            if (held == 0)
                return;
            bytes = LazyInitializer.EnsureInitialized(ref _bytes, static () => new long[HeldBytes.Kinds.Count]);
        }

        if (!Volatile.Read(ref _released))
            Exchange(bytes, kind, held);
        // It may have been released meanwhile.
        if (Volatile.Read(ref _released))
            Exchange(bytes, kind, 0);
    }

    /// <summary>The connection has ended: nothing is held any more, whatever is set from now on.</summary>
    public void Release()
    {
        Volatile.Write(ref _released, true);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _bytes) is not { } bytes)
            return;
        foreach (var kind in HeldBytes.Kinds)
            Exchange(bytes, kind, 0);
    }

    private void Exchange(long[] bytes, HeldKind kind, long held)
    {
        var before = Interlocked.Exchange(ref bytes[(int)kind], held);
        if (before != held)
            tenant.Add(kind, held - before);
    }
}
