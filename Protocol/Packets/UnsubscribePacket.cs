using System.Buffers;

namespace Starling.Protocol;

/// <summary>Section 3.10.</summary>
public sealed record UnsubscribePacket : IPacketBody, IHasProperties
{
    public ushort PacketIdentifier { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    /// <summary>At least one, each valid [MQTT-3.10.3-2].</summary>
    public IReadOnlyList<string> TopicFilters { get; init; } = [];

    /// <exception cref="MqttProtocolException">MalformedPacket, ProtocolError or TopicFilterInvalid.</exception>
    public static UnsubscribePacket Decode(ReadOnlySpan<byte> body, ProtocolVersion version)
    {
        var reader = new PacketReader(body, PacketType.Unsubscribe);
        var packetIdentifier = reader.ReadPacketIdentifier();
        List<UserProperty>? userProperties = null;
        if (version == ProtocolVersion.Mqtt5)
        {
            var properties = reader.ReadProperties(PropertySet.UserPropertyOnly);
            while (properties.MoveNext())
                properties.AddUserProperty(ref userProperties);
        }

        if (reader.Remaining == 0)
            throw reader.ProtocolError("no topic filter [MQTT-3.10.3-2]");
        var filters = new List<string>(1);
        while (reader.Remaining > 0)
        {
            var filter = reader.ReadString();
            Protocol.TopicFilters.Validate(filter);
            filters.Add(filter);
        }
        return new() { PacketIdentifier = packetIdentifier, UserProperties = userProperties ?? [], TopicFilters = filters };
    }

    public void Encode(IBufferWriter<byte> writer, ProtocolVersion version) =>
        PacketEncoder.Encode(this, ((byte)PacketType.Unsubscribe << 4) | 2, writer, version);

    void IPacketBody.WriteBody(ref PacketWriter writer, ProtocolVersion version, Diagnostics diagnostics)
    {
        writer.WriteUInt16(PacketIdentifier);
        if (version == ProtocolVersion.Mqtt5)
            writer.WritePropertyBlock(this, diagnostics);
        foreach (var filter in TopicFilters)
            writer.WriteString(filter);
    }

    void IHasProperties.WriteProperties(ref PacketWriter writer, Diagnostics diagnostics) => writer.WriteUserProperties(UserProperties);
}
