namespace Starling.Cluster.Links;

/// <summary>The highest epoch of a shard that a link has heard of; 0 for none. Thread-safe.</summary>
internal sealed class KnownEpoch
{
    private long _value;

    public long Value => Volatile.Read(ref _value);

    public void Learn(long epoch)
    {
        for (var known = Value; epoch > known;)
            known = Interlocked.CompareExchange(ref _value, epoch, known) is var seen && seen == known ? epoch : seen;
    }
}
