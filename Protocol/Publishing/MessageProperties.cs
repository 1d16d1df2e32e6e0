namespace Starling.Protocol;

/// <summary>What a PUBLISH or a will says in its properties, found in one pass without allocating.</summary>
internal readonly ref struct MessageProperties
{
    public ReadOnlySpan<byte> Raw { get; private init; }

    public uint? MessageExpiryInterval { get; private init; }

    public uint WillDelayInterval { get; private init; }

    /// <summary>0 when absent.</summary>
    public ushort TopicAlias { get; private init; }

    public bool HasSubscriptionIdentifier { get; private init; }

    /// <summary>Bytes of those in <see cref="PropertySet.Forwarded"/>.</summary>
    public int ForwardedLength { get; private init; }

    /// <summary>Validates and takes apart the properties; the result refers to <paramref name="raw"/>.</summary>
    public static MessageProperties Scan(ReadOnlySpan<byte> raw, PacketType packet, PropertySet allowed)
    {
        if (raw.IsEmpty)
            return default;
        uint? messageExpiryInterval = null;
        var willDelayInterval = 0u;
        ushort topicAlias = 0;
        var forwardedLength = 0;
        var properties = new PropertyReader(raw, packet, allowed);
        for (var before = raw.Length; properties.MoveNext(); before = properties.Remaining)
        {
            switch (properties.Id)
            {
                case PropertyId.MessageExpiryInterval:
                    messageExpiryInterval = properties.ReadUInt32();
                    break;
                case PropertyId.WillDelayInterval:
                    willDelayInterval = properties.ReadUInt32();
                    break;
                case PropertyId.TopicAlias:
                    topicAlias = properties.ReadUInt16();
                    if (topicAlias == 0)
                        throw MqttProtocolException.Because(ReasonCode.TopicAliasInvalid, packet, "topic alias is 0 [MQTT-3.3.2-8]");
                    break;
                case PropertyId.SubscriptionIdentifier:
                    properties.ReadSubscriptionIdentifier();
                    break;
                default:
                    CheckForwarded(ref properties, packet);
                    forwardedLength += before - properties.Remaining;
                    break;
            }
        }
        return new()
        {
            Raw = raw,
            MessageExpiryInterval = messageExpiryInterval,
            WillDelayInterval = willDelayInterval,
            TopicAlias = topicAlias,
            HasSubscriptionIdentifier = properties.Has(PropertyId.SubscriptionIdentifier),
            ForwardedLength = forwardedLength,
        };
    }

    /// <summary>Copies the forwarded ones, in order, to the start of <paramref name="destination"/>.</summary>
    public static void CopyForwarded(ReadOnlySpan<byte> raw, int forwardedLength, Span<byte> destination)
    {
        if (forwardedLength == raw.Length)
        {
            raw.CopyTo(destination);
            return;
        }
        while (!raw.IsEmpty)
        {
            var length = PropertyLength(raw);
            if (PropertySet.Forwarded.Contains((PropertyId)raw[0]))
            {
                raw[..length].CopyTo(destination);
                destination = destination[length..];
            }
            raw = raw[length..];
        }
    }

    public byte[] ForwardedToArray()
    {
        if (ForwardedLength == 0)
            return [];
        var forwarded = new byte[ForwardedLength];
        CopyForwarded(Raw, ForwardedLength, forwarded);
        return forwarded;
    }

    private static void CheckForwarded(ref PropertyReader properties, PacketType packet)
    {
        switch (properties.Id)
        {
            case PropertyId.PayloadFormatIndicator:
                properties.ReadBoolean();
                break;
            case PropertyId.CorrelationData:
                properties.ReadBinary();
                break;
            case PropertyId.ResponseTopic:
                var responseTopic = properties.ReadUtf8();
                if (responseTopic.IsEmpty)
                    throw MqttProtocolException.ProtocolError(packet, "an empty response topic [MQTT-4.7.3-1]");
                if (responseTopic.ContainsAny((byte)'+', (byte)'#'))
                    throw MqttProtocolException.ProtocolError(packet, "a wildcard in the response topic [MQTT-3.3.2-14]");
                break;
            case PropertyId.ContentType:
                properties.ReadUtf8();
                break;
            default:
                properties.ReadUtf8();
                properties.ReadUtf8();
                break;
        }
    }

    /// <summary>Bytes of the first property of <paramref name="raw"/>, which is valid.</summary>
    private static int PropertyLength(ReadOnlySpan<byte> raw)
    {
        var reader = new PacketReader(raw, PacketType.Publish);
        switch ((PropertyId)reader.ReadByte())
        {
            case PropertyId.PayloadFormatIndicator:
                return 2;
            case PropertyId.TopicAlias:
                return 3;
            case PropertyId.MessageExpiryInterval or PropertyId.WillDelayInterval:
                return 5;
            case PropertyId.SubscriptionIdentifier:
                reader.ReadVariableByteInteger();
                break;
            case PropertyId.UserProperty:
                reader.ReadBinary();
                reader.ReadBinary();
                break;
            default:
                reader.ReadBinary();
                break;
        }
        return raw.Length - reader.Remaining;
    }
}
