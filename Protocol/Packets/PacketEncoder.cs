using System.Buffers;

namespace Starling.Protocol;

internal interface IPacketBody
{
    void WriteBody(ref PacketWriter writer, ProtocolVersion version, Diagnostics diagnostics);
}

internal static class PacketEncoder
{
    public static void Encode<T>(in T packet, byte firstByte, IBufferWriter<byte> writer, ProtocolVersion version)
        where T : IPacketBody => TryEncode(packet, firstByte, writer, version, uint.MaxValue, Diagnostics.All);

    /// <summary>
    /// Leaves out user properties, then the reason string, when the packet would be larger than the receiver accepts
    /// [MQTT-3.2.2-19] [MQTT-3.2.2-20] and the like; false, and nothing written, when even that does not help.
    /// </summary>
    public static bool TryEncode<T>(
        in T packet, byte firstByte, IBufferWriter<byte> writer, ProtocolVersion version, uint maximumPacketSize)
        where T : IPacketBody =>
        TryEncode(packet, firstByte, writer, version, maximumPacketSize, Diagnostics.All)
        || TryEncode(packet, firstByte, writer, version, maximumPacketSize, Diagnostics.WithoutUserProperties)
        || TryEncode(packet, firstByte, writer, version, maximumPacketSize, Diagnostics.None);

    private static bool TryEncode<T>(
        in T packet, byte firstByte, IBufferWriter<byte> writer, ProtocolVersion version, uint maximumPacketSize, Diagnostics diagnostics)
        where T : IPacketBody
    {
        var counter = PacketWriter.Counter();
        packet.WriteBody(ref counter, version, diagnostics);
        var length = 1 + VariableByteInteger.Length((uint)counter.Length) + counter.Length;
        if (length > maximumPacketSize)
            return false;

        var body = new PacketWriter(writer.GetSpan(length));
        body.WriteByte(firstByte);
        body.WriteVariableByteInteger((uint)counter.Length);
        packet.WriteBody(ref body, version, diagnostics);
        writer.Advance(length);
        return true;
    }
}
