using Starling.Protocol;

namespace Starling.Testing;

/// <summary>A packet as it came and what it says.</summary>
/// <param name="Type">From the fixed header.</param>
/// <param name="Bytes">The whole packet.</param>
/// <param name="Packet">The decoded packet; a <see cref="PublishMessage"/> for PUBLISH.</param>
public sealed record ReceivedPacket(PacketType Type, byte[] Bytes, object Packet)
{
    private const int MaxBytesShown = 64;

    public override string ToString()
    {
        var hex = Bytes.Length <= MaxBytesShown ? Convert.ToHexString(Bytes) : Convert.ToHexString(Bytes, 0, MaxBytesShown) + "...";
        return $"{Type.ToString().ToUpperInvariant()} {hex} {Packet}";
    }
}
