using System.Buffers.Binary;
using Starling.Protocol;

namespace Starling.Durability.History;

/// <summary>What a payload says: whose message it is, to which topic and at which QoS it was published. The rest is filler that follows from it.</summary>
/// <param name="Topic">The place of the topic in <see cref="Topics.Load"/>, or what the publisher likes.</param>
internal readonly record struct Content(MessageId Id, byte Topic, QualityOfService QoS)
{
    public const int ShortestPayload = 10;
    public const int LongestPayload = 20 * 1024;

    /// <param name="length">From <see cref="ShortestPayload"/> to <see cref="LongestPayload"/> bytes.</param>
    public byte[] ToPayload(int length)
    {
        var payload = new byte[length];
        BinaryPrimitives.WriteUInt16BigEndian(payload, Id.Publisher);
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(2), Id.Number);
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(6), (ushort)length);
        payload[8] = Topic;
        payload[9] = (byte)QoS;
        for (var i = ShortestPayload; i < length; i++)
            payload[i] = Filler(i);
        return payload;
    }

    /// <returns>Null when the payload is not one that <see cref="ToPayload"/> made.</returns>
    public static Content? Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < ShortestPayload || BinaryPrimitives.ReadUInt16BigEndian(payload[6..]) != payload.Length)
            return null;
        var content = new Content(
            new(BinaryPrimitives.ReadUInt16BigEndian(payload), BinaryPrimitives.ReadUInt32BigEndian(payload[2..])),
            payload[8], (QualityOfService)payload[9]);
        for (var i = ShortestPayload; i < payload.Length; i++)
        {
            if (payload[i] != content.Filler(i))
                return null;
        }
        return content;
    }

    private byte Filler(int position) => (byte)((Id.Number * 31) + Id.Publisher + position);
}
