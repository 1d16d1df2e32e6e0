using System.Buffers;

namespace Starling.Protocol;

/// <summary>Section 3.1. Properties that are absent, and all of them before MQTT 5, are null.</summary>
public sealed record ConnectPacket : IPacketBody, IHasProperties
{
    private const byte BridgeLevel = 0x80;

    public ProtocolVersion ProtocolVersion { get; init; } = ProtocolVersion.Mqtt5;

    /// <summary>
    /// A bridge of mosquitto marks its level so (0x83 and 0x84, outside of the specification): its subscriptions are to have No Local and
    /// Retain As Published, which MQTT 3 has no flags for. False in MQTT 5.
    /// </summary>
    public bool IsBridge { get; init; }

    /// <summary>May be empty where the version allows it; the server then assigns one.</summary>
    public string ClientIdentifier { get; init; } = "";

    /// <summary>Clean Session before MQTT 5.</summary>
    public bool CleanStart { get; init; } = true;

    /// <summary>Seconds; 0 turns keep alive off.</summary>
    public ushort KeepAlive { get; init; }

    public string? UserName { get; init; }

    public ReadOnlyMemory<byte>? Password { get; init; }

    public Will? Will { get; init; }

    /// <summary>Seconds; <see cref="uint.MaxValue"/> never expires, absent means 0.</summary>
    public uint? SessionExpiryInterval { get; init; }

    /// <summary>Never 0; absent means 65535.</summary>
    public ushort? ReceiveMaximum { get; init; }

    /// <summary>Bytes, never 0; absent means no limit.</summary>
    public uint? MaximumPacketSize { get; init; }

    /// <summary>Absent means 0: no aliases towards the client.</summary>
    public ushort? TopicAliasMaximum { get; init; }

    /// <summary>Absent means false.</summary>
    public bool? RequestResponseInformation { get; init; }

    /// <summary>Absent means true.</summary>
    public bool? RequestProblemInformation { get; init; }

    public string? AuthenticationMethod { get; init; }

    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

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
        var version = ReadVersion(ref reader, out var isBridge);
        var flags = (ConnectFlags)reader.ReadByte();
        CheckFlags(flags, version, reader);
        var packet = new ConnectPacket
        {
            ProtocolVersion = version,
            IsBridge = isBridge,
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

    private static ProtocolVersion ReadVersion(ref PacketReader reader, out bool isBridge)
    {
        var name = reader.ReadUtf8();
        var level = reader.ReadByte();
        isBridge = (level & BridgeLevel) != 0;
        if (name.SequenceEqual("MQTT"u8) && level is 4 or 5 or (4 | BridgeLevel))
            return (ProtocolVersion)(level & ~BridgeLevel);
        if (name.SequenceEqual("MQIsdp"u8) && level is 3 or (3 | BridgeLevel))
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

    /// <summary>Encodes for <see cref="ProtocolVersion"/>.</summary>
    public void Encode(IBufferWriter<byte> writer) => PacketEncoder.Encode(this, (byte)PacketType.Connect << 4, writer, ProtocolVersion);

    /// <summary>Encodes for <paramref name="version"/>, whatever <see cref="ProtocolVersion"/> says.</summary>
    public void Encode(IBufferWriter<byte> writer, ProtocolVersion version) =>
        PacketEncoder.Encode(this, (byte)PacketType.Connect << 4, writer, version);

    void IPacketBody.WriteBody(ref PacketWriter writer, ProtocolVersion version, Diagnostics diagnostics)
    {
        writer.WriteString(version == ProtocolVersion.Mqtt31 ? "MQIsdp" : "MQTT");
        writer.WriteByte((byte)((byte)version | (IsBridge && version != ProtocolVersion.Mqtt5 ? BridgeLevel : 0)));
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
