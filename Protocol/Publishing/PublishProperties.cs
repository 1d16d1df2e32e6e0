namespace Starling.Protocol;

/// <summary>
/// The properties of a PUBLISH or a will one by one, for those who want to look at them; a server passes them on encoded.
/// </summary>
public sealed record PublishProperties
{
    /// <summary>True when the payload is said to be UTF-8, null when nothing is said.</summary>
    public bool? PayloadFormatIndicator { get; init; }

    /// <summary>Seconds.</summary>
    public uint? MessageExpiryInterval { get; init; }

    /// <summary>Seconds; wills only.</summary>
    public uint? WillDelayInterval { get; init; }

    public ushort? TopicAlias { get; init; }

    public string? ResponseTopic { get; init; }

    public ReadOnlyMemory<byte>? CorrelationData { get; init; }

    /// <summary>From servers only.</summary>
    public IReadOnlyList<uint> SubscriptionIdentifiers { get; init; } = [];

    public string? ContentType { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    /// <summary>Reads encoded properties; everything is copied.</summary>
    /// <param name="raw"><see cref="PublishPacket.RawProperties"/> or <see cref="Will.ForwardedProperties"/>.</param>
    /// <exception cref="MqttProtocolException">They are not valid.</exception>
    public static PublishProperties Parse(ReadOnlySpan<byte> raw)
    {
        var properties = new PropertyReader(raw, PacketType.Publish, PropertySet.Publish | PropertySet.Will);
        var parsed = new PublishProperties();
        var subscriptionIdentifiers = new List<uint>();
        List<UserProperty>? userProperties = null;
        while (properties.MoveNext())
        {
            if (properties.Id == PropertyId.UserProperty)
                properties.AddUserProperty(ref userProperties);
            else if (properties.Id == PropertyId.SubscriptionIdentifier)
                subscriptionIdentifiers.Add(properties.ReadSubscriptionIdentifier());
            else
                parsed = parsed.WithProperty(ref properties);
        }
        return parsed with { SubscriptionIdentifiers = subscriptionIdentifiers, UserProperties = userProperties ?? [] };
    }

    /// <summary>
    /// Encodes those that a server passes on untouched, for <see cref="PublishHead.ForwardedProperties"/>
    /// and <see cref="Will.ForwardedProperties"/>.
    /// </summary>
    public byte[] EncodeForwarded()
    {
        var counter = PacketWriter.Counter();
        WriteForwarded(ref counter);
        var encoded = new byte[counter.Length];
        var writer = new PacketWriter(encoded);
        WriteForwarded(ref writer);
        return encoded;
    }

    private void WriteForwarded(ref PacketWriter writer)
    {
        writer.WriteProperty(PropertyId.PayloadFormatIndicator, PayloadFormatIndicator);
        writer.WriteProperty(PropertyId.ContentType, ContentType);
        writer.WriteProperty(PropertyId.ResponseTopic, ResponseTopic);
        writer.WriteProperty(PropertyId.CorrelationData, CorrelationData);
        writer.WriteUserProperties(UserProperties);
    }

    private PublishProperties WithProperty(ref PropertyReader properties) => properties.Id switch
    {
        PropertyId.PayloadFormatIndicator => this with { PayloadFormatIndicator = properties.ReadBoolean() },
        PropertyId.MessageExpiryInterval => this with { MessageExpiryInterval = properties.ReadUInt32() },
        PropertyId.WillDelayInterval => this with { WillDelayInterval = properties.ReadUInt32() },
        PropertyId.TopicAlias => this with { TopicAlias = properties.ReadUInt16() },
        PropertyId.ResponseTopic => this with { ResponseTopic = properties.ReadString() },
        PropertyId.CorrelationData => this with { CorrelationData = properties.ReadBinary().ToArray() },
        _ => this with { ContentType = properties.ReadString() },
    };
}
