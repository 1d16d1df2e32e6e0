using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Starling.Protocol;

/// <summary>
/// Section 1.5.4: well-formed UTF-8, no surrogates, no U+0000, at most 65,535 bytes. A byte order mark is a character like others.
/// </summary>
internal static class Utf8String
{
    public const int MaximumLength = ushort.MaxValue;

    private const int LongEnoughForVectors = 64;
    private const ulong Ones = 0x0101_0101_0101_0101;
    private const ulong HighBits = 0x8080_8080_8080_8080;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static bool IsValid(ReadOnlySpan<byte> utf8) =>
        (utf8.Length < LongEnoughForVectors && IsAsciiWithoutZero(utf8)) || (!utf8.Contains((byte)0) && Utf8.IsValid(utf8));

    public static string Decode(ReadOnlySpan<byte> utf8) => Strict.GetString(utf8);

    /// <exception cref="ArgumentException">Longer than a length prefix can say, or not well-formed.</exception>
    public static int LengthOf(string text)
    {
        var length = Strict.GetByteCount(text);
        return length <= MaximumLength
            ? length
            : throw new ArgumentException($"{length} bytes do not fit into an MQTT string", nameof(text));
    }

    public static bool IsTooLongOrIllFormed(string text)
    {
        try
        {
            return Strict.GetByteCount(text) > MaximumLength;
        }
        catch (EncoderFallbackException)
        {
            return true;
        }
    }

    public static int Encode(string text, Span<byte> destination) => Strict.GetBytes(text, destination);

    private static bool IsAsciiWithoutZero(ReadOnlySpan<byte> utf8)
    {
        for (; utf8.Length >= sizeof(ulong); utf8 = utf8[sizeof(ulong)..])
        {
            // Subtracting borrows into the high bit of a byte only where one was 0.
            var word = BinaryPrimitives.ReadUInt64LittleEndian(utf8);
            if ((((word - Ones) | word) & HighBits) != 0)
                return false;
        }
        foreach (var character in utf8)
        {
            if (character is 0 or > 127)
                return false;
        }
        return true;
    }
}
