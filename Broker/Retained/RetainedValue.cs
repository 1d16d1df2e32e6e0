using System.Buffers.Binary;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Broker.Retained;

/// <summary>
/// What the index holds of a message, in as little memory as possible, since there may be millions: a small one packed into one array,
/// without its topic, which its place in the index says; a large one as the <see cref="Message"/> it is until the store has it, then only
/// that it is there (<see cref="LeftInStore"/>). Who published it is not kept: a retained message is the broker's own, and never a
/// repeat of what somebody sent.
/// </summary>
/// <remarks>
/// Packed: <code>flags (1 byte) | expiry, if any (8 bytes) | length of properties, if any (2 bytes) | properties | payload</code>
/// </remarks>
internal static class RetainedValue
{
    private const byte QoSBits = 3;
    private const byte HasExpiry = 4;
    private const byte HasProperties = 8;

    /// <summary>The message may belong to a larger buffer; the value does not.</summary>
    public static object Of(Message message) => RetainedRow.IsLarge(message) ? Anonymous(message.Compact()) : Pack(message);

    public static Message? ToMessage(object value, Topic topic) => value switch
    {
        byte[] packed => Unpack(packed, topic),
        Message message => message,
        _ => null,
    };

    public static long ExpiresAt(object value) => value switch
    {
        byte[] packed => (packed[0] & HasExpiry) == 0 ? Message.Never : BinaryPrimitives.ReadInt64LittleEndian(packed.AsSpan(1)),
        Message message => message.ExpiresAt,
        _ => ((LeftInStore)value).ExpiresAt,
    };

    /// <summary>As <see cref="Message.Size"/>.</summary>
    public static int Size(object value, int topicLength) => value switch
    {
        byte[] packed => topicLength + packed.Length - HeadLength(packed[0]),
        Message message => message.Size,
        _ => ((LeftInStore)value).Size,
    };

    /// <summary>Whether the value is of a message, or of one that says the same.</summary>
    public static bool IsOf(object value, Message message) =>
        ToMessage(value, message.Topic) is { } held && held.ExpiresAt == message.ExpiresAt && held.Payload.SequenceEqual(message.Payload);

    /// <summary>The message without its publisher.</summary>
    public static Message Anonymous(Message message) =>
        message.Publisher is null
            ? message
            : Message.Create(message.Topic, message.Payload, message.QoS, retain: true, message.ForwardedProperties, message.ExpiresAt);

    private static byte[] Pack(Message message)
    {
        var properties = message.ForwardedProperties;
        var flags = (byte)((byte)message.QoS | (message.ExpiresAt != Message.Never ? HasExpiry : 0) | (properties.IsEmpty ? 0 : HasProperties));
        var packed = new byte[HeadLength(flags) + properties.Length + message.PayloadLength];
        packed[0] = flags;
        var rest = packed.AsSpan(1);
        if ((flags & HasExpiry) != 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, message.ExpiresAt);
            rest = rest[sizeof(long)..];
        }

        if ((flags & HasProperties) != 0)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)properties.Length);
            rest = rest[sizeof(ushort)..];
        }

        properties.CopyTo(rest);
        message.Payload.CopyTo(rest[properties.Length..]);
        return packed;
    }

    private static Message Unpack(byte[] packed, Topic topic)
    {
        var head = HeadLength(packed[0]);
        var properties = (packed[0] & HasProperties) == 0 ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(packed.AsSpan(head - sizeof(ushort)));
        return new Message(
            topic,
            (QualityOfService)(packed[0] & QoSBits),
            retain: true,
            packed,
            head,
            properties,
            packed.Length - head - properties,
            ExpiresAt(packed));
    }

    private static int HeadLength(byte flags) =>
        1 + ((flags & HasExpiry) == 0 ? 0 : sizeof(long)) + ((flags & HasProperties) == 0 ? 0 : sizeof(ushort));
}

/// <summary>A large message that is to be read from the store.</summary>
internal sealed record LeftInStore(long ExpiresAt, int Size);
