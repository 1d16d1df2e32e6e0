namespace Starling.Cluster.Edges;

/// <summary>The silos that read the directory, each second while they live, and a number that changes when one does not any more.</summary>
/// <remarks>
/// It begins with the time, so that a directory has another number than the one before it. A silo of that one may die before it reads
/// this one: as if one such silo were known from the beginning, the number changes once more when all that live must have been heard.
/// </remarks>
internal sealed class PollingSilos
{
    /// <summary>Some readings may fail, or wait for one that is lost, before a silo is missed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, long> _heardAt = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;

    public PollingSilos(TimeProvider time)
    {
        _time = time;
        Number = time.GetUtcNow().UtcTicks;
        RecordPoll("");
    }

    public long Number { get; private set; }

    public void RecordPoll(string silo) => _heardAt[silo] = _time.GetTimestamp();

    /// <summary>Forgets those that have not been heard of for long.</summary>
    public void Miss()
    {
        foreach (var (silo, heardAt) in _heardAt)
        {
            if (_time.GetElapsedTime(heardAt) < Patience)
                continue;
            _heardAt.Remove(silo);
            Number++;
        }
    }
}
