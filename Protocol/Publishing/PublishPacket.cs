using System.Text.Unicode;

namespace Starling.Protocol;

/// <summary>A received PUBLISH (section 3.3). Every span is borrowed from the body that was decoded.</summary>
public readonly ref struct PublishPacket
{
    private const int DupFlag = 0x08;

    public bool Dup { get; private init; }

    public QualityOfService QoS { get; private init; }

    public bool Retain { get; private init; }

    /// <summary>
    /// UTF-8, not validated: call <see cref="TopicNames.Validate"/> for a topic not seen before. Empty only with an alias.
    /// </summary>
    public ReadOnlySpan<byte> Topic { get; private init; }

    /// <summary>0 at QoS 0.</summary>
    public ushort PacketIdentifier { get; private init; }

    public ReadOnlySpan<byte> Payload { get; private init; }

    /// <summary>Seconds.</summary>
    public uint? MessageExpiryInterval { get; private init; }

    /// <summary>0 when absent.</summary>
    public ushort TopicAlias { get; private init; }

    /// <summary>All properties as they came, validated; <see cref="PublishProperties.Parse"/> reads them.</summary>
    public ReadOnlySpan<byte> RawProperties { get; private init; }

    /// <summary>Bytes that <see cref="CopyForwardedProperties"/> writes.</summary>
    public int ForwardedPropertiesLength { get; private init; }

    /// <summary>Decodes without allocating.</summary>
    /// <param name="flags">Of the fixed header.</param>
    /// <param name="body">Borrowed by the result.</param>
    /// <param name="version">Before MQTT 5 there are no properties.</param>
    /// <param name="sender">Only servers send subscription identifiers [MQTT-3.3.4-6].</param>
    /// <exception cref="MqttProtocolException">MalformedPacket, ProtocolError or TopicAliasInvalid.</exception>
    public static PublishPacket Decode(byte flags, ReadOnlySpan<byte> body, ProtocolVersion version, PublishSender sender)
    {
        var qos = (flags >> 1) & 3;
        if (qos == 3)
            throw MqttProtocolException.Malformed(PacketType.Publish, "QoS is 3 [MQTT-3.3.1-4]");
        if (qos == 0 && (flags & DupFlag) != 0)
            throw MqttProtocolException.ProtocolError(PacketType.Publish, "DUP at QoS 0 [MQTT-3.3.1-2]");

        var reader = new PacketReader(body, PacketType.Publish);
        var topic = reader.ReadBinary();
        var packetIdentifier = qos == 0 ? (ushort)0 : reader.ReadPacketIdentifier();
        var properties = version == ProtocolVersion.Mqtt5 ? ReadProperties(ref reader, sender) : default;
        if (topic.IsEmpty && properties.TopicAlias == 0)
            throw NoTopic(version);
        return new()
        {
            Dup = (flags & DupFlag) != 0,
            QoS = (QualityOfService)qos,
            Retain = (flags & 1) != 0,
            Topic = topic,
            PacketIdentifier = packetIdentifier,
            Payload = reader.ReadRest(),
            MessageExpiryInterval = properties.MessageExpiryInterval,
            TopicAlias = properties.TopicAlias,
            RawProperties = properties.Raw,
            ForwardedPropertiesLength = properties.ForwardedLength,
        };
    }

    /// <summary>
    /// Copies what a server passes on untouched, in order [MQTT-3.3.2-17] [MQTT-3.3.2-18]: all properties but message expiry interval,
    /// topic alias and subscription identifiers.
    /// </summary>
    /// <param name="destination">Has room for <see cref="ForwardedPropertiesLength"/> bytes.</param>
    public void CopyForwardedProperties(Span<byte> destination) =>
        MessageProperties.CopyForwarded(RawProperties, ForwardedPropertiesLength, destination);

    /// <summary>Whether the payload is what a payload format indicator of 1 promises (section 3.3.2.3.2).</summary>
    public bool PayloadIsValidUtf8() => Utf8.IsValid(Payload);

    private static MessageProperties ReadProperties(scoped ref PacketReader reader, PublishSender sender)
    {
        var properties = MessageProperties.Scan(reader.ReadPropertyBlock(), PacketType.Publish, PropertySet.Publish);
        if (properties.HasSubscriptionIdentifier && sender == PublishSender.Client)
            throw reader.ProtocolError("a subscription identifier from a client [MQTT-3.3.4-6]");
        return properties;
    }

    private static MqttProtocolException NoTopic(ProtocolVersion version) => version == ProtocolVersion.Mqtt5
        ? MqttProtocolException.ProtocolError(PacketType.Publish, "neither a topic name nor a topic alias (section 3.3.2.1)")
        : MqttProtocolException.Malformed(PacketType.Publish, "topic name is empty [MQTT-4.7.3-1]");
}
