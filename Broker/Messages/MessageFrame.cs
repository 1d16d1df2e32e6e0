using System.Buffers.Binary;
using System.Text;

namespace Starling.Broker.Messages;

/// <summary>
/// The one encoding of a message between processes and in stores.
/// </summary>
/// <remarks>
/// <code>
/// version (1 byte) | fields, each: tag (1 byte), length (varint), value | tag 0, length of properties (varint), properties, payload
/// </code>
/// Fields are skipped by who does not know them, so that old and new nodes read each other's; the version only changes when that is not
/// enough. Properties and payload come last, side by side, so that a decoded message is a reference into the frame. Numbers are big
/// endian.
/// </remarks>
public static class MessageFrame
{
    internal const byte Version = 1;

    internal enum Tag : byte
    {
        Tail,
        Topic,
        Flags,
        ExpiresAt,
        PublisherClientId,
        PublisherEpoch,
        PublisherSession,
        PacketIdentifier,
    }

    public static byte[] Encode(Message message)
    {
        var frame = new byte[Length(message)];
        Write(message, frame);
        return frame;
    }

    /// <summary>Bytes that <see cref="Write"/> fills.</summary>
    public static int Length(Message message)
    {
        if (message.Frame.Length > 0)
            return message.Frame.Length;
        return HeadLength(message) + FieldLength(message.ForwardedProperties.Length) + message.PayloadLength;
    }

    /// <param name="message">What is to be written.</param>
    /// <param name="frame">Of exactly <see cref="Length"/> bytes.</param>
    public static void Write(Message message, Span<byte> frame)
    {
        if (message.Frame.Length > 0)
        {
            message.Frame.CopyTo(frame);
            return;
        }

        var head = HeadLength(message);
        WriteHead(message, frame[..head]);
        WriteTail(message, frame, head);
    }

    /// <summary>Bytes before the tail.</summary>
    internal static int HeadLength(Message message)
    {
        var length = 1 + FieldLength(message.Topic.Utf8.Length) + FieldLength(1);
        if (message.ExpiresAt != Message.Never)
            length += FieldLength(sizeof(long));
        if (message.Publisher is { } publisher)
            length += FieldLength(Encoding.UTF8.GetByteCount(publisher.ClientId)) + FieldLength(sizeof(long));
        if (message.RepeatableIdentifier != 0)
            length += FieldLength(sizeof(long)) + FieldLength(sizeof(ushort));
        return length;
    }

    internal static void WriteHead(Message message, Span<byte> frame)
    {
        var topic = message.Topic.Utf8;
        frame[0] = Version;
        var at = 1;
        topic.CopyTo(Field(frame, ref at, Tag.Topic, topic.Length));
        Field(frame, ref at, Tag.Flags, 1)[0] = (byte)((int)message.QoS | (message.Retain ? 4 : 0));
        if (message.ExpiresAt != Message.Never)
            BinaryPrimitives.WriteInt64BigEndian(Field(frame, ref at, Tag.ExpiresAt, sizeof(long)), message.ExpiresAt);
        if (message.Publisher is { } publisher)
        {
            Encoding.UTF8.GetBytes(
                publisher.ClientId, Field(frame, ref at, Tag.PublisherClientId, Encoding.UTF8.GetByteCount(publisher.ClientId)));
            BinaryPrimitives.WriteInt64BigEndian(Field(frame, ref at, Tag.PublisherEpoch, sizeof(long)), publisher.Epoch);
            if (message.RepeatableIdentifier != 0)
            {
                BinaryPrimitives.WriteInt64BigEndian(Field(frame, ref at, Tag.PublisherSession, sizeof(long)), publisher.SessionId);
                BinaryPrimitives.WriteUInt16BigEndian(Field(frame, ref at, Tag.PacketIdentifier, sizeof(ushort)), message.RepeatableIdentifier);
            }
        }
    }

    /// <param name="message">What is to be written.</param>
    /// <param name="frame">All of it.</param>
    /// <param name="at">Where the tail begins.</param>
    internal static void WriteTail(Message message, Span<byte> frame, int at)
    {
        var properties = message.ForwardedProperties;
        properties.CopyTo(Field(frame, ref at, Tag.Tail, properties.Length));
        message.Payload.CopyTo(frame[at..]);
    }

    internal static int FieldLength(int length) => 1 + VarintLength(length) + length;

    private static int VarintLength(int value)
    {
        var length = 1;
        while ((value >>= 7) != 0)
            length++;
        return length;
    }

    private static Span<byte> Field(Span<byte> frame, ref int at, Tag tag, int length)
    {
        frame[at++] = (byte)tag;
        var left = (uint)length;
        for (; left >= 0x80; left >>= 7)
            frame[at++] = (byte)(left | 0x80);
        frame[at++] = (byte)left;
        at += length;
        return frame.Slice(at - length, length);
    }
}
