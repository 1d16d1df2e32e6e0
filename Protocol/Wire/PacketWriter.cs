using System.Buffers.Binary;

namespace Starling.Protocol;

/// <summary>
/// Writes the data types of section 1.5, or only counts their bytes: a packet is written twice by the same code, first to learn its length.
/// </summary>
internal ref struct PacketWriter
{
    private readonly Span<byte> _destination;
    private readonly bool _counts;

    public PacketWriter(Span<byte> destination) => _destination = destination;

    private PacketWriter(bool counts) => _counts = counts;

    /// <summary>A writer that writes nothing.</summary>
    public static PacketWriter Counter() => new(counts: true);

    public int Length { get; private set; }

    public void WriteByte(byte value)
    {
        if (!_counts)
            _destination[Length] = value;
        Length++;
    }

    public void WriteUInt16(ushort value)
    {
        if (!_counts)
            BinaryPrimitives.WriteUInt16BigEndian(_destination[Length..], value);
        Length += 2;
    }

    public void WriteUInt32(uint value)
    {
        if (!_counts)
            BinaryPrimitives.WriteUInt32BigEndian(_destination[Length..], value);
        Length += 4;
    }

    public void WriteVariableByteInteger(uint value) =>
        Length += _counts ? VariableByteInteger.Length(value) : VariableByteInteger.Write(_destination[Length..], value);

    /// <exception cref="ArgumentException">Longer than 65,535 bytes, or not well-formed.</exception>
    public void WriteString(string value)
    {
        var length = Utf8String.LengthOf(value);
        WriteUInt16((ushort)length);
        if (!_counts)
            Utf8String.Encode(value, _destination[Length..]);
        Length += length;
    }

    /// <exception cref="ArgumentException">Longer than 65,535 bytes.</exception>
    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        if (value.Length > ushort.MaxValue)
            throw new ArgumentException($"{value.Length} bytes do not fit into an MQTT field", nameof(value));
        WriteUInt16((ushort)value.Length);
        WriteRaw(value);
    }

    public void WriteRaw(ReadOnlySpan<byte> value)
    {
        if (!_counts)
            value.CopyTo(_destination[Length..]);
        Length += value.Length;
    }
}
