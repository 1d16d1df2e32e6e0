using System.Buffers.Binary;
using System.Text;

namespace Starling.MicroBenchmarks;

/// <summary>Packets of MQTT 3.1.1 that a client sends, all shorter than 128 bytes.</summary>
internal static class Frames
{
    public static byte[] Connect(string clientId) => Frame(0x10, [.. Text("MQTT"), 4, 2, 0, 0, .. Text(clientId)]);

    public static byte[] Subscribe(string filter, int qos) => Frame(0x82, [0, 1, .. Text(filter), (byte)qos]);

    /// <param name="topic">Topic name.</param>
    /// <param name="qos">0 or 1.</param>
    /// <param name="payloadLength">Bytes of zeros.</param>
    /// <param name="count">So many, end to end.</param>
    public static byte[] Publish(string topic, int qos, int payloadLength, int count)
    {
        List<byte> frames = [];
        for (var i = 0; i < count; i++)
        {
            byte[] identifier = [0, 0];
            BinaryPrimitives.WriteUInt16BigEndian(identifier, (ushort)(i + 1));
            frames.AddRange(Frame((byte)(0x30 | (qos << 1)), [.. Text(topic), .. qos > 0 ? identifier : [], .. new byte[payloadLength]]));
        }

        return [.. frames];
    }

    private static byte[] Text(string text) => [0, (byte)text.Length, .. Encoding.UTF8.GetBytes(text)];

    private static byte[] Frame(byte first, byte[] body) => [first, checked((byte)body.Length), .. body];
}
