using System.Buffers;
using Starling.Edge.Nodes;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>Sends packets that answer the client, apart from acknowledgements, which go out together.</summary>
internal static class ControlPackets
{
    /// <returns>False when the packet is too large for the client ([MQTT-3.1.2-24]), and not sent.</returns>
    public static bool TrySend(this EdgeConnection connection, ConnAckPacket packet) =>
        TrySend(connection, packet, static (p, writer, version, max) => p.Encode(writer, version, max));

    /// <inheritdoc cref="TrySend(EdgeConnection, ConnAckPacket)"/>
    public static bool TrySend(this EdgeConnection connection, SubAckPacket packet) =>
        TrySend(connection, packet, static (p, writer, version, max) => p.Encode(writer, version, max));

    /// <inheritdoc cref="TrySend(EdgeConnection, ConnAckPacket)"/>
    public static bool TrySend(this EdgeConnection connection, UnsubAckPacket packet) =>
        TrySend(connection, packet, static (p, writer, version, max) => p.Encode(writer, version, max));

    /// <inheritdoc cref="TrySend(EdgeConnection, ConnAckPacket)"/>
    public static bool TrySend(this EdgeConnection connection, AuthPacket packet) =>
        TrySend(connection, packet, static (p, writer, version, max) => p.Encode(writer, version, max));

    private static bool TrySend<T>(EdgeConnection connection, T packet, Func<T, IBufferWriter<byte>, ProtocolVersion, uint, bool> encode)
    {
        var bytes = new ArrayBufferWriter<byte>(64);
        if (!encode(packet, bytes, connection.Version, connection.MaximumPacketSize))
            return false;
        if (connection.Outbox.SendControl(bytes.WrittenSpan))
            connection.Outbox.Flush();
        return true;
    }
}
