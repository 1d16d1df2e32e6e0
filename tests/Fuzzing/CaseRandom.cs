namespace Starling.Fuzzing;

/// <summary>Every case has a generator of its own, so that it can be replayed without those before it.</summary>
public static class CaseRandom
{
    public static Random For(int seed, long index) => new((int)(Mix(seed, index) & int.MaxValue));

    public static ulong Mix(long seed, long index)
    {
        var value = unchecked(((ulong)seed * 0x9E3779B97F4A7C15) ^ ((ulong)index + 0xD1B54A32D192ED03));
        value = unchecked((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9);
        value = unchecked((value ^ (value >> 27)) * 0x94D049BB133111EB);
        return value ^ (value >> 31);
    }

    extension(Random random)
    {
        /// <summary>True once in <paramref name="times"/>.</summary>
        public bool OneIn(int times) => random.Next(times) == 0;

        public T Pick<T>(params ReadOnlySpan<T> values) => values[random.Next(values.Length)];

        public byte[] Bytes(int most)
        {
            var bytes = new byte[random.Next(most + 1)];
            random.NextBytes(bytes);
            return bytes;
        }
    }
}
