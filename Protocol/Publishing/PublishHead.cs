using System.Buffers.Binary;

namespace Starling.Protocol;

/// <summary>
/// All of a PUBLISH before its payload, written without allocating. The caller writes the payload, so that it need not be copied here.
/// Before MQTT 5 alias, expiry, subscription identifiers and forwarded properties are left out.
/// </summary>
public readonly ref struct PublishHead
{
    public ProtocolVersion Version { get; init; }

    public bool Dup { get; init; }

    public QualityOfService QoS { get; init; }

    public bool Retain { get; init; }

    /// <summary>UTF-8, at most 65,535 bytes; empty when <see cref="TopicAlias"/> stands for it.</summary>
    public ReadOnlySpan<byte> Topic { get; init; }

    /// <summary>Written above QoS 0 only [MQTT-2.2.1-2].</summary>
    public ushort PacketIdentifier { get; init; }

    /// <summary>0 for none.</summary>
    public ushort TopicAlias { get; init; }

    /// <summary>Seconds that remain [MQTT-3.3.2-6].</summary>
    public uint? MessageExpiryInterval { get; init; }

    public ReadOnlySpan<uint> SubscriptionIdentifiers { get; init; }

    /// <summary>Encoded properties that are passed on untouched.</summary>
    public ReadOnlySpan<byte> ForwardedProperties { get; init; }

    public int PayloadLength { get; init; }

    /// <summary>Bytes of everything before the payload, the fixed header included.</summary>
    public int Length
    {
        get
        {
            var variable = VariableHeaderLength(PropertiesLength());
            return 1 + VariableByteInteger.Length((uint)(variable + PayloadLength)) + variable;
        }
    }

    /// <summary>Bytes of the whole packet.</summary>
    public long PacketLength => (long)Length + PayloadLength;

    /// <summary>Writes everything before the payload and returns its length.</summary>
    /// <exception cref="ArgumentException">
    /// <paramref name="destination"/> is shorter than <see cref="Length"/>, or the packet too large for MQTT.
    /// </exception>
    public int Write(Span<byte> destination)
    {
        var propertiesLength = PropertiesLength();
        var remaining = (uint)(VariableHeaderLength(propertiesLength) + PayloadLength);
        destination[0] = (byte)(((int)PacketType.Publish << 4) | (Dup ? 8 : 0) | ((int)QoS << 1) | (Retain ? 1 : 0));
        var at = 2;
        if (remaining < 128)
            destination[1] = (byte)remaining;
        else
            at = 1 + VariableByteInteger.Write(destination[1..], remaining);

        var topic = Topic;
        BinaryPrimitives.WriteUInt16BigEndian(destination[at..], checked((ushort)topic.Length));
        topic.CopyTo(destination[(at + 2)..]);
        at += 2 + topic.Length;
        if (QoS != QualityOfService.AtMostOnce)
        {
            BinaryPrimitives.WriteUInt16BigEndian(destination[at..], PacketIdentifier);
            at += 2;
        }
        return Version == ProtocolVersion.Mqtt5 ? WriteProperties(destination, at, propertiesLength) : at;
    }

    private int VariableHeaderLength(int propertiesLength)
    {
        var length = 2 + Topic.Length + (QoS == QualityOfService.AtMostOnce ? 0 : 2);
        return Version == ProtocolVersion.Mqtt5 ? length + VariableByteInteger.Length((uint)propertiesLength) + propertiesLength : length;
    }

    private int PropertiesLength()
    {
        if (Version != ProtocolVersion.Mqtt5)
            return 0;
        var length = ForwardedProperties.Length + (TopicAlias == 0 ? 0 : 3) + (MessageExpiryInterval is null ? 0 : 5);
        foreach (var identifier in SubscriptionIdentifiers)
            length += 1 + VariableByteInteger.Length(identifier);
        return length;
    }

    private int WriteProperties(Span<byte> destination, int at, int length)
    {
        at += VariableByteInteger.Write(destination[at..], (uint)length);
        if (TopicAlias != 0)
        {
            destination[at] = (byte)PropertyId.TopicAlias;
            BinaryPrimitives.WriteUInt16BigEndian(destination[(at + 1)..], TopicAlias);
            at += 3;
        }
        if (MessageExpiryInterval is { } expiry)
        {
            destination[at] = (byte)PropertyId.MessageExpiryInterval;
            BinaryPrimitives.WriteUInt32BigEndian(destination[(at + 1)..], expiry);
            at += 5;
        }
        foreach (var identifier in SubscriptionIdentifiers)
        {
            destination[at] = (byte)PropertyId.SubscriptionIdentifier;
            at += 1 + VariableByteInteger.Write(destination[(at + 1)..], identifier);
        }
        ForwardedProperties.CopyTo(destination[at..]);
        return at + ForwardedProperties.Length;
    }
}
