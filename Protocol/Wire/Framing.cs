using System.Buffers;

namespace Starling.Protocol;

/// <summary>Finds the packets in a stream of bytes.</summary>
public static class Framing
{
    /// <summary>The longest fixed header: one byte and a variable byte integer of four.</summary>
    public const int MaximumHeaderLength = 5;

    /// <summary>The largest remaining length that the encoding can say.</summary>
    public const int MaximumRemainingLength = 268_435_455;

    /// <summary>Reads the fixed header at the start of <paramref name="buffer"/>; false when it is not all there yet.</summary>
    /// <param name="buffer">Bytes from the first of a packet on.</param>
    /// <param name="maximumPacketSize">Most bytes that a whole packet may have.</param>
    /// <param name="header">The header; the body may still be on its way.</param>
    /// <param name="version">
    /// AUTH exists in MQTT 5 only; MQTT 3.1 sets DUP when it repeats PUBREL, SUBSCRIBE or UNSUBSCRIBE. Before CONNECT any version will do.
    /// </param>
    /// <exception cref="MqttProtocolException">
    /// A reserved packet type or flag [MQTT-2.1.3-1], a length that is too long or not minimal [MQTT-1.5.5-1], or PacketTooLarge.
    /// Thrown on the first byte that shows it.
    /// </exception>
    public static bool TryReadFixedHeader(
        ReadOnlySpan<byte> buffer, int maximumPacketSize, out FixedHeader header, ProtocolVersion version = ProtocolVersion.Mqtt5)
    {
        header = default;
        if (buffer.IsEmpty)
            return false;
        var first = buffer[0];
        if (first >> 4 != (int)PacketType.Publish)
            CheckFlags(first, version);
        if (buffer.Length < 2)
            return false;

        int remaining = buffer[1];
        var length = 2;
        if (remaining > 127 && !TryReadLongLength(buffer, first, ref remaining, ref length))
            return false;
        if (length + remaining > maximumPacketSize)
            throw TooLarge(first, length + remaining, maximumPacketSize);
        header = new FixedHeader((PacketType)(first >> 4), (byte)(first & 0x0F), remaining, length);
        return true;
    }

    /// <inheritdoc cref="TryReadFixedHeader(ReadOnlySpan{byte}, int, out FixedHeader, ProtocolVersion)"/>
    public static bool TryReadFixedHeader(
        in ReadOnlySequence<byte> buffer, int maximumPacketSize, out FixedHeader header, ProtocolVersion version = ProtocolVersion.Mqtt5)
    {
        var first = buffer.FirstSpan;
        if (buffer.IsSingleSegment || first.Length >= MaximumHeaderLength)
            return TryReadFixedHeader(first, maximumPacketSize, out header, version);
        Span<byte> joined = stackalloc byte[MaximumHeaderLength];
        var head = buffer.Slice(0, Math.Min(buffer.Length, MaximumHeaderLength));
        head.CopyTo(joined);
        return TryReadFixedHeader(joined[..(int)head.Length], maximumPacketSize, out header, version);
    }

    private static bool TryReadLongLength(ReadOnlySpan<byte> buffer, byte first, ref int remaining, ref int length)
    {
        var value = remaining & 0x7F;
        for (var shift = 7; shift <= 21; shift += 7)
        {
            if (length >= buffer.Length)
                return false;
            var next = buffer[length++];
            value |= (next & 0x7F) << shift;
            if (next > 127)
                continue;
            if (next == 0)
                throw MqttProtocolException.Malformed((PacketType)(first >> 4), "remaining length is not minimal [MQTT-1.5.5-1]");
            remaining = value;
            return true;
        }
        throw MqttProtocolException.Malformed((PacketType)(first >> 4), "remaining length is longer than four bytes");
    }

    private static void CheckFlags(byte first, ProtocolVersion version)
    {
        var type = (PacketType)(first >> 4);
        if (type == PacketType.None || (type == PacketType.Auth && version != ProtocolVersion.Mqtt5))
            throw new MqttProtocolException(ReasonCode.MalformedPacket, $"packet type {(int)type} is reserved");
        var flags = first & 0x0F;
        var isRequest = type is PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe;
        if (version == ProtocolVersion.Mqtt31 && isRequest)
            flags &= 0x07;
        if (flags != (isRequest ? 0x02 : 0x00))
            throw MqttProtocolException.Malformed(type, $"flags are {first & 0x0F:X1} [MQTT-2.1.3-1]");
    }

    private static MqttProtocolException TooLarge(byte first, int length, int maximum) => MqttProtocolException.Because(
        ReasonCode.PacketTooLarge, (PacketType)(first >> 4), $"{length} bytes are more than the {maximum} allowed");
}
