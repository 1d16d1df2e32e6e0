using System.Buffers;

namespace Starling.Protocol;

/// <summary>Section 3.2. Properties that are absent, and all of them before MQTT 5, are null.</summary>
public sealed record ConnAckPacket : IPacketBody, IHasProperties
{
    /// <summary>Never sent to an MQTT 3.1 client, where the bit is reserved.</summary>
    public bool SessionPresent { get; init; }

    /// <summary>Sent as <see cref="ConnectReturnCodes.From"/> says before MQTT 5.</summary>
    public ReasonCode ReasonCode { get; init; }

    /// <summary>Seconds; only when it differs from what the client asked for.</summary>
    public uint? SessionExpiryInterval { get; init; }

    public ushort? ReceiveMaximum { get; init; }

    /// <summary>Absent means QoS 2; on the wire only 0 and 1 exist.</summary>
    public QualityOfService? MaximumQoS { get; init; }

    public bool? RetainAvailable { get; init; }

    /// <summary>Bytes.</summary>
    public uint? MaximumPacketSize { get; init; }

    public string? AssignedClientIdentifier { get; init; }

    public ushort? TopicAliasMaximum { get; init; }

    public string? ReasonString { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    public bool? WildcardSubscriptionAvailable { get; init; }

    public bool? SubscriptionIdentifierAvailable { get; init; }

    public bool? SharedSubscriptionAvailable { get; init; }

    /// <summary>Seconds.</summary>
    public ushort? ServerKeepAlive { get; init; }

    public string? ResponseInformation { get; init; }

    public string? ServerReference { get; init; }

    public string? AuthenticationMethod { get; init; }

    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }

    /// <exception cref="MqttProtocolException">MalformedPacket or ProtocolError.</exception>
    public static ConnAckPacket Decode(ReadOnlySpan<byte> body, ProtocolVersion version)
    {
        var reader = new PacketReader(body, PacketType.ConnAck);
        var flags = reader.ReadByte();
        var code = reader.ReadByte();
        if (version == ProtocolVersion.Mqtt31)
            flags = 0;
        if (flags > 1)
            throw reader.Malformed("a reserved flag is set [MQTT-3.2.2-1]");

        var reasonCode = version == ProtocolVersion.Mqtt5 ? (ReasonCode)code : ConnectReturnCodes.ToReasonCode((ConnectReturnCode)code);
        if (!ReasonCodeRules.IsValidFor(PacketType.ConnAck, reasonCode))
            throw reader.ProtocolError($"reason code 0x{code:X2} is not one of CONNACK's [MQTT-3.2.2-8]");
        if (flags == 1 && reasonCode != ReasonCode.Success)
            throw reader.ProtocolError("session present with a refusal [MQTT-3.2.2-6]");

        var packet = new ConnAckPacket { SessionPresent = flags == 1, ReasonCode = reasonCode };
        if (version == ProtocolVersion.Mqtt5)
            packet = packet.WithProperties(reader.ReadProperties(PropertySet.ConnAck));
        reader.RequireEnd();
        return packet;
    }

    /// <summary>
    /// Leaves out user properties and reason string where they do not fit; false, nothing written, when even that is too large.
    /// </summary>
    public bool Encode(IBufferWriter<byte> writer, ProtocolVersion version, uint maximumPacketSize = uint.MaxValue) =>
        PacketEncoder.TryEncode(this, (byte)PacketType.ConnAck << 4, writer, version, maximumPacketSize);

    void IPacketBody.WriteBody(ref PacketWriter writer, ProtocolVersion version, Diagnostics diagnostics)
    {
        writer.WriteByte((byte)(SessionPresent && version != ProtocolVersion.Mqtt31 ? 1 : 0));
        writer.WriteByte(version == ProtocolVersion.Mqtt5 ? (byte)ReasonCode : (byte)ConnectReturnCodes.From(ReasonCode));
        if (version == ProtocolVersion.Mqtt5)
            writer.WritePropertyBlock(this, diagnostics);
    }

    void IHasProperties.WriteProperties(ref PacketWriter writer, Diagnostics diagnostics)
    {
        writer.WriteProperty(PropertyId.SessionExpiryInterval, SessionExpiryInterval);
        writer.WriteProperty(PropertyId.ReceiveMaximum, ReceiveMaximum);
        if (MaximumQoS is { } maximumQoS and < QualityOfService.ExactlyOnce)
            writer.WriteProperty(PropertyId.MaximumQoS, maximumQoS == QualityOfService.AtLeastOnce);
        writer.WriteProperty(PropertyId.RetainAvailable, RetainAvailable);
        writer.WriteProperty(PropertyId.MaximumPacketSize, MaximumPacketSize);
        writer.WriteProperty(PropertyId.AssignedClientIdentifier, AssignedClientIdentifier);
        writer.WriteProperty(PropertyId.TopicAliasMaximum, TopicAliasMaximum);
        writer.WriteProperty(PropertyId.WildcardSubscriptionAvailable, WildcardSubscriptionAvailable);
        writer.WriteProperty(PropertyId.SubscriptionIdentifierAvailable, SubscriptionIdentifierAvailable);
        writer.WriteProperty(PropertyId.SharedSubscriptionAvailable, SharedSubscriptionAvailable);
        writer.WriteProperty(PropertyId.ServerKeepAlive, ServerKeepAlive);
        writer.WriteProperty(PropertyId.ResponseInformation, ResponseInformation);
        writer.WriteProperty(PropertyId.ServerReference, ServerReference);
        writer.WriteProperty(PropertyId.AuthenticationMethod, AuthenticationMethod);
        writer.WriteProperty(PropertyId.AuthenticationData, AuthenticationData);
        writer.WriteDiagnostics(ReasonString, UserProperties, diagnostics);
    }

    private ConnAckPacket WithProperties(PropertyReader properties)
    {
        var packet = this;
        List<UserProperty>? userProperties = null;
        while (properties.MoveNext())
        {
            if (properties.Id == PropertyId.UserProperty)
                properties.AddUserProperty(ref userProperties);
            else
                packet = packet.WithProperty(ref properties);
        }
        properties.RequireAuthenticationMethod();
        return userProperties is null ? packet : packet with { UserProperties = userProperties };
    }

    private ConnAckPacket WithProperty(ref PropertyReader properties) => properties.Id switch
    {
        PropertyId.SessionExpiryInterval => this with { SessionExpiryInterval = properties.ReadUInt32() },
        PropertyId.ReceiveMaximum => this with { ReceiveMaximum = properties.ReadPositiveUInt16() },
        PropertyId.MaximumQoS =>
            this with { MaximumQoS = properties.ReadBoolean() ? QualityOfService.AtLeastOnce : QualityOfService.AtMostOnce },
        PropertyId.RetainAvailable => this with { RetainAvailable = properties.ReadBoolean() },
        PropertyId.MaximumPacketSize => this with { MaximumPacketSize = properties.ReadPositiveUInt32() },
        PropertyId.AssignedClientIdentifier => this with { AssignedClientIdentifier = properties.ReadString() },
        PropertyId.TopicAliasMaximum => this with { TopicAliasMaximum = properties.ReadUInt16() },
        PropertyId.ReasonString => this with { ReasonString = properties.ReadString() },
        PropertyId.WildcardSubscriptionAvailable => this with { WildcardSubscriptionAvailable = properties.ReadBoolean() },
        PropertyId.SubscriptionIdentifierAvailable => this with { SubscriptionIdentifierAvailable = properties.ReadBoolean() },
        PropertyId.SharedSubscriptionAvailable => this with { SharedSubscriptionAvailable = properties.ReadBoolean() },
        PropertyId.ServerKeepAlive => this with { ServerKeepAlive = properties.ReadUInt16() },
        PropertyId.ResponseInformation => this with { ResponseInformation = properties.ReadString() },
        PropertyId.ServerReference => this with { ServerReference = properties.ReadString() },
        PropertyId.AuthenticationMethod => this with { AuthenticationMethod = properties.ReadString() },
        _ => this with { AuthenticationData = properties.ReadBinary().ToArray() },
    };
}
