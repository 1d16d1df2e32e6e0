using System.Buffers;

namespace Starling.Protocol;

public sealed partial record ConnectPacket : IPacketBody, IHasProperties
{
    /// <summary>Encodes for <see cref="ProtocolVersion"/>.</summary>
    public void Encode(IBufferWriter<byte> writer) => PacketEncoder.Encode(this, (byte)PacketType.Connect << 4, writer, ProtocolVersion);

    /// <summary>Encodes for <paramref name="version"/>, whatever <see cref="ProtocolVersion"/> says.</summary>
    public void Encode(IBufferWriter<byte> writer, ProtocolVersion version) =>
        PacketEncoder.Encode(this, (byte)PacketType.Connect << 4, writer, version);

    void IPacketBody.WriteBody(ref PacketWriter writer, ProtocolVersion version, Diagnostics diagnostics)
    {
        writer.WriteString(version == ProtocolVersion.Mqtt31 ? "MQIsdp" : "MQTT");
        writer.WriteByte((byte)version);
        writer.WriteByte((byte)Flags());
        writer.WriteUInt16(KeepAlive);
        if (version == ProtocolVersion.Mqtt5)
            writer.WritePropertyBlock(this, diagnostics);
        writer.WriteString(ClientIdentifier);
        if (Will is not null)
            WriteWill(ref writer, Will, version);
        if (UserName is not null)
            writer.WriteString(UserName);
        if (Password is { } password)
            writer.WriteBinary(password.Span);
    }

    void IHasProperties.WriteProperties(ref PacketWriter writer, Diagnostics diagnostics)
    {
        writer.WriteProperty(PropertyId.SessionExpiryInterval, SessionExpiryInterval);
        writer.WriteProperty(PropertyId.ReceiveMaximum, ReceiveMaximum);
        writer.WriteProperty(PropertyId.MaximumPacketSize, MaximumPacketSize);
        writer.WriteProperty(PropertyId.TopicAliasMaximum, TopicAliasMaximum);
        writer.WriteProperty(PropertyId.RequestResponseInformation, RequestResponseInformation);
        writer.WriteProperty(PropertyId.RequestProblemInformation, RequestProblemInformation);
        writer.WriteProperty(PropertyId.AuthenticationMethod, AuthenticationMethod);
        writer.WriteProperty(PropertyId.AuthenticationData, AuthenticationData);
        writer.WriteUserProperties(UserProperties);
    }

    private static void WriteWill(ref PacketWriter writer, Will will, ProtocolVersion version)
    {
        if (version == ProtocolVersion.Mqtt5)
        {
            uint? delay = will.WillDelayInterval > 0 ? will.WillDelayInterval : null;
            var length = (delay is null ? 0 : 5) + (will.MessageExpiryInterval is null ? 0 : 5) + will.ForwardedProperties.Length;
            writer.WriteVariableByteInteger((uint)length);
            writer.WriteProperty(PropertyId.WillDelayInterval, delay);
            writer.WriteProperty(PropertyId.MessageExpiryInterval, will.MessageExpiryInterval);
            writer.WriteRaw(will.ForwardedProperties.Span);
        }
        writer.WriteString(will.Topic);
        writer.WriteBinary(will.Payload.Span);
    }

    private ConnectFlags Flags() =>
        (CleanStart ? ConnectFlags.CleanStart : 0)
        | (Will is null ? 0 : ConnectFlags.Will | (ConnectFlags)((int)Will.QoS << 3) | (Will.Retain ? ConnectFlags.WillRetain : 0))
        | (Password is null ? 0 : ConnectFlags.Password)
        | (UserName is null ? 0 : ConnectFlags.UserName);
}
