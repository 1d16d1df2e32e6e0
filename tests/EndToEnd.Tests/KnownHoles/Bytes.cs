using System.Buffers.Binary;
using System.Text;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.KnownHoles;

/// <summary>Packets that no codec of ours would write, and many in one piece.</summary>
internal static class Bytes
{
    /// <summary>The longest Remaining Length there is, 268,435,455.</summary>
    public static readonly byte[] LongestRemainingLength = [0xFF, 0xFF, 0xFF, 0x7F];

    public static byte[] Encode(object packet, ProtocolVersion version = ProtocolVersion.Mqtt5) => AnyPacket.Encode(packet, version);

    /// <summary>A string with its length of two bytes.</summary>
    public static byte[] Text(string text)
    {
        var bytes = new byte[2 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)Encoding.UTF8.GetBytes(text, bytes.AsSpan(2)));
        return bytes;
    }

    /// <summary>A fixed header and a body.</summary>
    public static byte[] Packet(byte first, params byte[] body) => [first, .. Number(body.Length), .. body];

    /// <summary>A variable byte integer.</summary>
    public static byte[] Number(int value)
    {
        var bytes = new List<byte>();
        do
            bytes.Add((byte)((value & 0x7F) | (value > 0x7F ? 0x80 : 0)));
        while ((value >>= 7) > 0);
        return [.. bytes];
    }

    public static PublishMessage Publish(string topic, byte[] payload, QualityOfService qos = QualityOfService.AtMostOnce, int id = 0, bool retain = false) =>
        new() { Topic = topic, Payload = payload, QoS = qos, PacketIdentifier = (ushort)id, Retain = retain };

    public static byte[] Together(IEnumerable<object> packets, ProtocolVersion version = ProtocolVersion.Mqtt5) =>
        [.. packets.SelectMany(packet => Encode(packet, version))];
}
