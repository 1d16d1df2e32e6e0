using System.Buffers.Binary;

namespace Starling.LoadGenerator.Wire;

/// <summary>Where a frame's parts are in a buffer of received bytes.</summary>
/// <param name="Type">High four bits of the first byte.</param>
/// <param name="Flags">Low four bits of the first byte.</param>
/// <param name="Body">Offset of what follows the fixed header, from the frame's first byte.</param>
/// <param name="Length">Length of the whole frame.</param>
internal readonly record struct Frame(int Type, int Flags, int Body, int Length)
{
    public const int Connect = 1;
    public const int ConnAck = 2;
    public const int Publish = 3;
    public const int PubAck = 4;
    public const int PubRec = 5;
    public const int PubRel = 6;
    public const int PubComp = 7;
    public const int Subscribe = 8;
    public const int SubAck = 9;
    public const int Disconnect = 14;

    /// <returns>False when the bytes do not hold a whole frame yet.</returns>
    /// <exception cref="InvalidDataException">The length is no variable byte integer.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Frame frame)
    {
        frame = default;
        if (bytes.Length < 2)
            return false;
        var length = (int)bytes[1];
        var body = 2;
        if (length > 127)
        {
            if (!TryReadNumber(bytes[1..], out length, out var digits))
                return false;
            body = 1 + digits;
        }

        frame = new Frame(bytes[0] >> 4, bytes[0] & 15, body, body + length);
        return bytes.Length >= frame.Length;
    }

    /// <summary>Offset of the payload of the PUBLISH that starts with <paramref name="bytes"/>.</summary>
    public int PayloadOffset(ReadOnlySpan<byte> bytes, bool hasProperties, out int packetId)
    {
        var offset = Body + 2 + BinaryPrimitives.ReadUInt16BigEndian(bytes[Body..]);
        packetId = 0;
        if ((Flags & 6) != 0)
        {
            packetId = BinaryPrimitives.ReadUInt16BigEndian(bytes[offset..]);
            offset += 2;
        }

        if (hasProperties)
        {
            if (!TryReadNumber(bytes[offset..], out var properties, out var digits))
                throw new InvalidDataException("A PUBLISH ends in its properties.");
            offset += digits + properties;
        }

        return offset;
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> bytes, out int number, out int digits)
    {
        number = 0;
        for (digits = 1; digits <= bytes.Length; digits++)
        {
            if (digits > 4)
                throw new InvalidDataException("A length has more than four bytes.");
            var digit = bytes[digits - 1];
            number |= (digit & 127) << (7 * (digits - 1));
            if (digit < 128)
                return true;
        }

        return false;
    }
}
