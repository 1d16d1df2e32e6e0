using System.Buffers;

namespace Starling.Protocol;

/// <summary>Section 3.14. Before MQTT 5 it has no fields and only clients send it.</summary>
public sealed record DisconnectPacket : IPacketBody, IHasProperties
{
    public ReasonCode ReasonCode { get; init; }

    /// <summary>Seconds; clients only [MQTT-3.14.2-2].</summary>
    public uint? SessionExpiryInterval { get; init; }

    public string? ReasonString { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    public string? ServerReference { get; init; }

    /// <param name="body">The packet without its fixed header.</param>
    /// <param name="version">Before MQTT 5 the body is empty.</param>
    /// <param name="sender">
    /// Clients and servers have reason codes of their own [MQTT-3.14.2-1]; a server sends no session expiry [MQTT-3.14.2-2].
    /// </param>
    /// <exception cref="MqttProtocolException">MalformedPacket or ProtocolError.</exception>
    public static DisconnectPacket Decode(ReadOnlySpan<byte> body, ProtocolVersion version, PublishSender sender = PublishSender.Client)
    {
        var reader = new PacketReader(body, PacketType.Disconnect);
        if (version != ProtocolVersion.Mqtt5 || reader.Remaining == 0)
        {
            reader.RequireEnd();
            return new();
        }

        var reasonCode = (ReasonCode)reader.ReadByte();
        if (!ReasonCodeRules.IsValidForDisconnect(reasonCode, sender))
            throw reader.ProtocolError($"reason code 0x{(byte)reasonCode:X2} is not one of the sender's [MQTT-3.14.2-1]");
        var packet = new DisconnectPacket { ReasonCode = reasonCode };
        if (reader.Remaining == 0)
            return packet;

        var properties = reader.ReadProperties(PropertySet.Disconnect);
        packet = packet.WithProperties(ref properties);
        reader.RequireEnd();
        if (sender == PublishSender.Server && packet.SessionExpiryInterval is not null)
            throw reader.ProtocolError("session expiry interval from a server [MQTT-3.14.2-2]");
        return packet;
    }

    /// <inheritdoc cref="ConnAckPacket.Encode"/>
    public bool Encode(IBufferWriter<byte> writer, ProtocolVersion version, uint maximumPacketSize = uint.MaxValue) =>
        PacketEncoder.TryEncode(this, (byte)PacketType.Disconnect << 4, writer, version, maximumPacketSize);

    void IPacketBody.WriteBody(ref PacketWriter writer, ProtocolVersion version, Diagnostics diagnostics)
    {
        var hasProperties = PropertyWriting.PropertyBlockLength(this, diagnostics) > 0;
        if (version != ProtocolVersion.Mqtt5 || (ReasonCode == ReasonCode.NormalDisconnection && !hasProperties))
            return;
        writer.WriteByte((byte)ReasonCode);
        if (hasProperties)
            writer.WritePropertyBlock(this, diagnostics);
    }

    void IHasProperties.WriteProperties(ref PacketWriter writer, Diagnostics diagnostics)
    {
        writer.WriteProperty(PropertyId.SessionExpiryInterval, SessionExpiryInterval);
        writer.WriteProperty(PropertyId.ServerReference, ServerReference);
        writer.WriteDiagnostics(ReasonString, UserProperties, diagnostics);
    }

    private DisconnectPacket WithProperties(ref PropertyReader properties)
    {
        var packet = this;
        List<UserProperty>? userProperties = null;
        while (properties.MoveNext())
        {
            switch (properties.Id)
            {
                case PropertyId.SessionExpiryInterval:
                    packet = packet with { SessionExpiryInterval = properties.ReadUInt32() };
                    break;
                case PropertyId.ServerReference:
                    packet = packet with { ServerReference = properties.ReadString() };
                    break;
                case PropertyId.ReasonString:
                    packet = packet with { ReasonString = properties.ReadString() };
                    break;
                default:
                    properties.AddUserProperty(ref userProperties);
                    break;
            }
        }
        return userProperties is null ? packet : packet with { UserProperties = userProperties };
    }
}
