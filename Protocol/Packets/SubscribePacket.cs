using System.Buffers;

namespace Starling.Protocol;

/// <summary>Section 3.8.</summary>
public sealed record SubscribePacket : IPacketBody, IHasProperties
{
    public ushort PacketIdentifier { get; init; }

    /// <summary>1 to 268,435,455.</summary>
    public uint? SubscriptionIdentifier { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    /// <summary>At least one, each with a valid filter, in the order of the packet [MQTT-3.8.3-2].</summary>
    public IReadOnlyList<SubscriptionRequest> Subscriptions { get; init; } = [];

    /// <exception cref="MqttProtocolException">MalformedPacket, ProtocolError or TopicFilterInvalid.</exception>
    public static SubscribePacket Decode(ReadOnlySpan<byte> body, ProtocolVersion version)
    {
        var reader = new PacketReader(body, PacketType.Subscribe);
        var packetIdentifier = reader.ReadPacketIdentifier();
        uint? subscriptionIdentifier = null;
        List<UserProperty>? userProperties = null;
        if (version == ProtocolVersion.Mqtt5)
        {
            var properties = reader.ReadProperties(PropertySet.Subscribe);
            while (properties.MoveNext())
            {
                if (properties.Id == PropertyId.UserProperty)
                    properties.AddUserProperty(ref userProperties);
                else
                    subscriptionIdentifier = properties.ReadSubscriptionIdentifier();
            }
        }

        if (reader.Remaining == 0)
            throw reader.ProtocolError("no topic filter [MQTT-3.8.3-2]");
        var subscriptions = new List<SubscriptionRequest>(1);
        while (reader.Remaining > 0)
            subscriptions.Add(ReadSubscription(ref reader, version));
        return new()
        {
            PacketIdentifier = packetIdentifier,
            SubscriptionIdentifier = subscriptionIdentifier,
            UserProperties = userProperties ?? [],
            Subscriptions = subscriptions,
        };
    }

    public void Encode(IBufferWriter<byte> writer, ProtocolVersion version) =>
        PacketEncoder.Encode(this, ((byte)PacketType.Subscribe << 4) | 2, writer, version);

    void IPacketBody.WriteBody(ref PacketWriter writer, ProtocolVersion version, Diagnostics diagnostics)
    {
        writer.WriteUInt16(PacketIdentifier);
        if (version == ProtocolVersion.Mqtt5)
            writer.WritePropertyBlock(this, diagnostics);
        foreach (var (filter, options) in Subscriptions)
        {
            writer.WriteString(filter);
            writer.WriteByte(version == ProtocolVersion.Mqtt5 ? options.ToByte() : (byte)options.MaximumQoS);
        }
    }

    void IHasProperties.WriteProperties(ref PacketWriter writer, Diagnostics diagnostics)
    {
        writer.WriteSubscriptionIdentifier(SubscriptionIdentifier);
        writer.WriteUserProperties(UserProperties);
    }

    private static SubscriptionRequest ReadSubscription(ref PacketReader reader, ProtocolVersion version)
    {
        var filter = reader.ReadString();
        TopicFilters.Validate(filter);
        var options = reader.ReadByte();
        if ((options & (version == ProtocolVersion.Mqtt5 ? 0xC0 : 0xFC)) != 0)
            throw reader.Malformed("a reserved bit of the subscription options is set [MQTT-3.8.3-5]");
        if ((options & 0x03) == 3)
            throw reader.ProtocolError("maximum QoS is 3");
        if ((options & 0x30) == 0x30)
            throw reader.ProtocolError("retain handling is 3");
        var noLocal = (options & 0x04) != 0;
        if (noLocal && TopicFilters.IsShared(filter))
            throw reader.ProtocolError("no local on a shared subscription [MQTT-3.8.3-4]");
        return new(filter, new((QualityOfService)(options & 3), noLocal, (options & 0x08) != 0, (RetainHandling)(options >> 4)));
    }
}
