using System.Buffers;
using System.Text.Unicode;

namespace Starling.Protocol;

/// <summary>Topic names: what is published to (section 4.7).</summary>
public static class TopicNames
{
    public const int MaximumLength = Utf8String.MaximumLength;

    private static readonly SearchValues<byte> Forbidden = SearchValues.Create(0, (byte)'+', (byte)'#');

    /// <summary>Whether <see cref="Validate"/> would accept it.</summary>
    public static bool IsValid(ReadOnlySpan<byte> utf8) =>
        utf8.Length is > 0 and <= MaximumLength && !utf8.ContainsAny(Forbidden) && Utf8.IsValid(utf8);

    /// <exception cref="MqttProtocolException">
    /// TopicNameInvalid for an empty one or a wildcard [MQTT-4.7.0-1] [MQTT-4.7.3-1] [MQTT-3.3.2-2];
    /// MalformedPacket for bad UTF-8, U+0000 or more than 65,535 bytes [MQTT-4.7.3-2] [MQTT-4.7.3-3] [MQTT-3.3.2-1].
    /// </exception>
    public static void Validate(ReadOnlySpan<byte> utf8)
    {
        if (!IsValid(utf8))
            throw Reject(utf8);
    }

    /// <summary>Levels, separated by <c>/</c>; empty ones count.</summary>
    public static int LevelCount(ReadOnlySpan<byte> utf8) => utf8.Count((byte)'/') + 1;

    private static MqttProtocolException Reject(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
            return new(ReasonCode.TopicNameInvalid, "a topic name is empty [MQTT-4.7.3-1]");
        if (utf8.Length > MaximumLength)
            return new(ReasonCode.MalformedPacket, "a topic name has more than 65,535 bytes [MQTT-4.7.3-3]");
        return Utf8String.IsValid(utf8)
            ? new(ReasonCode.TopicNameInvalid, "a topic name has a wildcard [MQTT-4.7.0-1] [MQTT-3.3.2-2]")
            : new(ReasonCode.MalformedPacket, "a topic name is not valid UTF-8 or has U+0000 [MQTT-3.3.2-1] [MQTT-4.7.3-2]");
    }
}
