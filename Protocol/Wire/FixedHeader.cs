namespace Starling.Protocol;

/// <summary>The first two to five bytes of every control packet.</summary>
public readonly struct FixedHeader(PacketType type, byte flags, int remainingLength, int length)
{
    public PacketType Type { get; } = type;

    /// <summary>Bits 3-0 of the first byte.</summary>
    public byte Flags { get; } = flags;

    /// <summary>Bytes of the body that follows this header.</summary>
    public int RemainingLength { get; } = remainingLength;

    /// <summary>Bytes of this header itself.</summary>
    public int Length { get; } = length;

    /// <summary>Bytes of the whole packet.</summary>
    public int PacketLength => Length + RemainingLength;
}
