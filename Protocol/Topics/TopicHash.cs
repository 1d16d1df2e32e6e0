using System.Buffers.Binary;
using System.Numerics;

namespace Starling.Protocol;

/// <summary>
/// Says which shard a topic belongs to. The same in every process, on every machine and in every release: shards are stored by it, so it
/// must never change. The test vectors in TopicHashTests hold it in place.
/// </summary>
/// <remarks>
/// Eight bytes at a time, little endian, the last ones filled up with zeros; each word is multiplied, rotated and mixed in, the length goes
/// into the seed, and a final mix makes every bit depend on all others, so that <c>Compute(topic) % shards</c> is even for any number.
/// </remarks>
public static class TopicHash
{
    private const ulong WordFactor = 0x9E37_79B9_7F4A_7C15;
    private const ulong StateFactor = 0xC2B2_AE3D_27D4_EB4F;
    private const ulong FinalFactor = 0xD6E8_FEB8_6659_FD93;

    public static uint Compute(ReadOnlySpan<byte> utf8)
    {
        var state = FinalFactor ^ ((ulong)utf8.Length * StateFactor);
        while (utf8.Length >= sizeof(ulong))
        {
            state = Mix(state, BinaryPrimitives.ReadUInt64LittleEndian(utf8));
            utf8 = utf8[sizeof(ulong)..];
        }
        if (!utf8.IsEmpty)
        {
            var word = 0UL;
            for (var i = utf8.Length - 1; i >= 0; i--)
                word = (word << 8) | utf8[i];
            state = Mix(state, word);
        }
        state = (state ^ (state >> 32)) * FinalFactor;
        state = (state ^ (state >> 32)) * FinalFactor;
        return (uint)(state ^ (state >> 32));
    }

    private static ulong Mix(ulong state, ulong word) =>
        BitOperations.RotateLeft(state ^ BitOperations.RotateLeft(word * WordFactor, 29), 31) * StateFactor;
}
