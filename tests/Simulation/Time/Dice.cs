namespace Starling.Simulation.Time;

/// <summary>Chance that repeats: everything a run leaves to chance comes from its seed (SplitMix64, the same on every machine).</summary>
public sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Another source, which goes its own way: what is asked of one does not change the other.</summary>
    public Dice Fork() => new(Next());

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <param name="from">The smallest.</param>
    /// <param name="below">Above the largest.</param>
    public int Int(int from, int below) => from + (int)(Next() % (ulong)(below - from));

    public bool Chance(double probability) => Double() < probability;

    public double Double() => (Next() >> 11) * (1.0 / (1UL << 53));

    public TimeSpan Span(double fromMilliseconds, double toMilliseconds) =>
        TimeSpan.FromTicks((long)((fromMilliseconds + (Double() * (toMilliseconds - fromMilliseconds))) * TimeSpan.TicksPerMillisecond));

    public T Pick<T>(IReadOnlyList<T> items) => items[Int(0, items.Count)];
}
