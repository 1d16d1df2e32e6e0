namespace Starling.Protocol;

public sealed partial record ConnectPacket
{
    /// <summary>
    /// Reads the protocol name and level only, so that a server can choose the form of its refusal before the rest is looked at.
    /// False when the name is not that of any MQTT version [MQTT-3.1.2-1]; the level may be one that is not supported.
    /// </summary>
    public static bool TryReadProtocolLevel(ReadOnlySpan<byte> body, out byte level)
    {
        ReadOnlySpan<byte> mqtt = [0, 4, .. "MQTT"u8], mqIsdp = [0, 6, .. "MQIsdp"u8];
        var nameLength = body.StartsWith(mqtt) ? mqtt.Length : body.StartsWith(mqIsdp) ? mqIsdp.Length : body.Length;
        level = nameLength < body.Length ? body[nameLength] : (byte)0;
        return nameLength < body.Length;
    }

    /// <exception cref="MqttProtocolException">
    /// UnsupportedProtocolVersion [MQTT-3.1.2-1] [MQTT-3.1.2-2] before anything else is looked at; ClientIdentifierNotValid [MQTT-3.1.3-8];
    /// MalformedPacket or ProtocolError [MQTT-3.1.4-1]; TopicNameInvalid for the will's topic.
    /// </exception>
    public static ConnectPacket Decode(ReadOnlySpan<byte> body)
    {
        var reader = new PacketReader(body, PacketType.Connect);
        var version = ReadVersion(ref reader);
        var flags = (ConnectFlags)reader.ReadByte();
        CheckFlags(flags, version, reader);
        var packet = new ConnectPacket
        {
            ProtocolVersion = version,
            CleanStart = flags.HasFlag(ConnectFlags.CleanStart),
            KeepAlive = reader.ReadUInt16(),
        };
        if (version == ProtocolVersion.Mqtt5)
            packet = packet.WithProperties(reader.ReadProperties(PropertySet.Connect));
        packet = packet with { ClientIdentifier = ReadClientIdentifier(ref reader, version, packet.CleanStart) };
        if (flags.HasFlag(ConnectFlags.Will))
            packet = packet with { Will = ReadWill(ref reader, flags, version) };

        // MQTT 3.1 allows for clients that set the flags and leave the fields out.
        if (flags.HasFlag(ConnectFlags.UserName) && !(version == ProtocolVersion.Mqtt31 && reader.Remaining == 0))
            packet = packet with { UserName = reader.ReadString() };
        if (flags.HasFlag(ConnectFlags.Password) && !(version == ProtocolVersion.Mqtt31 && reader.Remaining == 0))
            packet = packet with { Password = reader.ReadBinary().ToArray() };
        reader.RequireEnd();
        return packet;
    }

    private static ProtocolVersion ReadVersion(ref PacketReader reader)
    {
        var name = reader.ReadUtf8();
        var level = reader.ReadByte();
        if (name.SequenceEqual("MQTT"u8) && level is 4 or 5)
            return (ProtocolVersion)level;
        if (name.SequenceEqual("MQIsdp"u8) && level == 3)
            return ProtocolVersion.Mqtt31;
        throw MqttProtocolException.Because(
            ReasonCode.UnsupportedProtocolVersion,
            PacketType.Connect,
            $"protocol name or level {level} is not supported [MQTT-3.1.2-1] [MQTT-3.1.2-2]");
    }

    private static void CheckFlags(ConnectFlags flags, ProtocolVersion version, PacketReader reader)
    {
        // MQTT 3.1 does not use it, and does not say that it is 0.
        if (version != ProtocolVersion.Mqtt31 && flags.HasFlag(ConnectFlags.Reserved))
            throw reader.Malformed("the reserved flag is set [MQTT-3.1.2-3]");
        var willQoS = flags & ConnectFlags.WillQoS;
        if (willQoS == ConnectFlags.WillQoS)
            throw reader.Malformed("will QoS is 3 [MQTT-3.1.2-12]");
        if (!flags.HasFlag(ConnectFlags.Will) && (willQoS != 0 || flags.HasFlag(ConnectFlags.WillRetain)))
            throw reader.Malformed("will QoS or will retain without a will [MQTT-3.1.2-11] [MQTT-3.1.2-13]");
        if (version != ProtocolVersion.Mqtt5 && flags.HasFlag(ConnectFlags.Password) && !flags.HasFlag(ConnectFlags.UserName))
            throw reader.Malformed("a password without a user name [MQTT-3.1.2-22]");
    }

    private static string ReadClientIdentifier(ref PacketReader reader, ProtocolVersion version, bool cleanStart)
    {
        var identifier = reader.ReadString();
        var mayBeEmpty = version == ProtocolVersion.Mqtt5 || (version == ProtocolVersion.Mqtt311 && cleanStart);
        return identifier.Length > 0 || mayBeEmpty ? identifier : throw MqttProtocolException.Because(
            ReasonCode.ClientIdentifierNotValid, PacketType.Connect, "client identifier is empty [MQTT-3.1.3-8]");
    }

    private static Will ReadWill(ref PacketReader reader, ConnectFlags flags, ProtocolVersion version)
    {
        var properties = version == ProtocolVersion.Mqtt5
            ? MessageProperties.Scan(reader.ReadPropertyBlock(), PacketType.Connect, PropertySet.Will)
            : default;
        var topic = reader.ReadUtf8();
        TopicNames.Validate(topic);
        return new Will
        {
            Topic = Utf8String.Decode(topic),
            Payload = reader.ReadBinary().ToArray(),
            QoS = (QualityOfService)((int)(flags & ConnectFlags.WillQoS) >> 3),
            Retain = flags.HasFlag(ConnectFlags.WillRetain),
            WillDelayInterval = properties.WillDelayInterval,
            MessageExpiryInterval = properties.MessageExpiryInterval,
            ForwardedProperties = properties.ForwardedToArray(),
        };
    }

    private ConnectPacket WithProperties(PropertyReader properties)
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

    private ConnectPacket WithProperty(ref PropertyReader properties) => properties.Id switch
    {
        PropertyId.SessionExpiryInterval => this with { SessionExpiryInterval = properties.ReadUInt32() },
        PropertyId.ReceiveMaximum => this with { ReceiveMaximum = properties.ReadPositiveUInt16() },
        PropertyId.MaximumPacketSize => this with { MaximumPacketSize = properties.ReadPositiveUInt32() },
        PropertyId.TopicAliasMaximum => this with { TopicAliasMaximum = properties.ReadUInt16() },
        PropertyId.RequestResponseInformation => this with { RequestResponseInformation = properties.ReadBoolean() },
        PropertyId.RequestProblemInformation => this with { RequestProblemInformation = properties.ReadBoolean() },
        PropertyId.AuthenticationMethod => this with { AuthenticationMethod = properties.ReadString() },
        _ => this with { AuthenticationData = properties.ReadBinary().ToArray() },
    };
}
