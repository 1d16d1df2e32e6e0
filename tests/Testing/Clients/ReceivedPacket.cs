using Starling.Protocol;

namespace Starling.Testing;

/// <summary>A packet as it came and what it says.</summary>
/// <param name="Type">From the fixed header.</param>
/// <param name="Bytes">The whole packet.</param>
/// <param name="Packet">The decoded packet; a <see cref="PublishMessage"/> for PUBLISH.</param>
public sealed record ReceivedPacket(PacketType Type, byte[] Bytes, object Packet)
{
    public override string ToString() =>
        $"{Type.ToString().ToUpperInvariant()} {Convert.ToHexString(Bytes.AsSpan(0, Math.Min(Bytes.Length, 64)))}{(Bytes.Length > 64 ? "..." : "")} {Packet}";
}
