using System.Numerics;

namespace Starling.LoadGenerator.Statistics;

/// <summary>
/// Counts durations in nanoseconds in buckets that are each less than 1 % of the value wide, in fixed memory. Recording costs a few
/// instructions. Not thread-safe: a thread has its own, and they are added up.
/// </summary>
internal sealed class LatencyHistogram
{
    // Each power of two is divided into 128 buckets; values below 256 have a bucket of their own.
    private const int Bits = 7;
    private const int Steps = 1 << Bits;

    private readonly long[] _counts = new long[(64 - Bits) * Steps];

    public long Count { get; private set; }

    public long Maximum { get; private set; }

    public void Record(long nanoseconds)
    {
        var value = Math.Max(0, nanoseconds);
        _counts[IndexOf(value)]++;
        Count++;
        if (value > Maximum)
            Maximum = value;
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
        Count += other.Count;
        Maximum = Math.Max(Maximum, other.Maximum);
    }

    /// <summary>The value that <paramref name="percent"/> of the recorded ones do not exceed, to within 1 %; 0 when there are none.</summary>
    public long Percentile(double percent)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(percent / 100 * Count));
        var seen = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
                return Math.Min(Maximum, HighestIn(i));
        }

        return 0;
    }

    private static int IndexOf(long value)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)value | 1) - Bits);
        return (shift << Bits) + (int)(value >> shift);
    }

    private static long HighestIn(int index)
    {
        if (index < 2 * Steps)
            return index;
        var shift = (index >> Bits) - 1;
        return ((index - ((long)shift << Bits) + 1) << shift) - 1;
    }
}
