namespace Starling.Protocol;

/// <summary>Section 1.5.5: seven bits a byte, least significant first.</summary>
internal static class VariableByteInteger
{
    public const uint Maximum = 268_435_455;

    public static int Length(uint value) => value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;

    /// <summary>Returns the number of bytes written.</summary>
    public static int Write(Span<byte> destination, uint value)
    {
        if (value < 128)
        {
            destination[0] = (byte)value;
            return 1;
        }
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Maximum);
        var length = 0;
        for (; value > 127; value >>= 7)
            destination[length++] = (byte)(value | 0x80);
        destination[length++] = (byte)value;
        return length;
    }
}
