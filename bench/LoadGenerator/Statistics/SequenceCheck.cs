namespace Starling.LoadGenerator.Statistics;

/// <summary>
/// Follows the sequence numbers of one publisher, counted from 0, as one receiver sees them: what is missing, what came twice, and
/// what came after a later one. A mutable struct, because a receiver keeps one in place for each publisher.
/// </summary>
internal struct SequenceCheck
{
    // Ranges [From, To) that were skipped, ascending. Null in the usual case: nothing was ever skipped.
    private List<(long From, long To)>? _missing;

    /// <summary>One more than the highest sequence number seen.</summary>
    public long Next { get; private set; }

    /// <summary>Messages that came again after they had come once.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Messages that came for the first time, but after one with a higher sequence number.</summary>
    public long OutOfOrder { get; private set; }

    /// <summary>Different messages seen.</summary>
    public readonly long Unique => Next - Missing;

    private readonly long Missing
    {
        get
        {
            var missing = 0L;
            foreach (var (from, to) in _missing ?? [])
                missing += to - from;
            return missing;
        }
    }

    /// <returns>By how much <see cref="Next"/> went up.</returns>
    public long Take(long sequence)
    {
        var ahead = sequence - Next;
        if (ahead == 0)
        {
            Next++;
            return 1;
        }

        if (ahead < 0)
        {
            TakeLate(sequence);
            return 0;
        }

        (_missing ??= []).Add((Next, sequence));
        Next = sequence + 1;
        return ahead + 1;
    }

    /// <summary>How many of <paramref name="sent"/> messages never came.</summary>
    public readonly long Lost(long sent) => Math.Max(0, sent - Next) + Missing;

    private void TakeLate(long sequence)
    {
        var index = _missing?.FindIndex(range => range.From <= sequence && sequence < range.To) ?? -1;
        if (index < 0)
        {
            Duplicates++;
            return;
        }

        OutOfOrder++;
        var (from, to) = _missing![index];
        _missing.RemoveAt(index);
        if (sequence + 1 < to)
            _missing.Insert(index, (sequence + 1, to));
        if (from < sequence)
            _missing.Insert(index, (from, sequence));
    }
}
