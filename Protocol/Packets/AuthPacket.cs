using System.Buffers;

namespace Starling.Protocol;

/// <summary>Section 3.15; MQTT 5 only.</summary>
public sealed record AuthPacket : IPacketBody, IHasProperties
{
    public ReasonCode ReasonCode { get; init; }

    public string? AuthenticationMethod { get; init; }

    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }

    public string? ReasonString { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    /// <exception cref="MqttProtocolException">MalformedPacket or ProtocolError; always before MQTT 5.</exception>
    public static AuthPacket Decode(ReadOnlySpan<byte> body, ProtocolVersion version)
    {
        var reader = new PacketReader(body, PacketType.Auth);
        if (version != ProtocolVersion.Mqtt5)
            throw reader.Malformed("does not exist before MQTT 5");
        if (reader.Remaining == 0)
            return new();

        var reasonCode = (ReasonCode)reader.ReadByte();
        if (!ReasonCodeRules.IsValidFor(PacketType.Auth, reasonCode))
            throw reader.ProtocolError($"reason code 0x{(byte)reasonCode:X2} is not one of AUTH's [MQTT-3.15.2-1]");
        var properties = reader.ReadProperties(PropertySet.Auth);
        var packet = new AuthPacket { ReasonCode = reasonCode }.WithProperties(ref properties);
        reader.RequireEnd();
        return packet.AuthenticationMethod is not null
            ? packet
            : throw reader.ProtocolError("no authentication method (section 3.15.2.2.2)");
    }

    /// <inheritdoc cref="ConnAckPacket.Encode"/>
    /// <exception cref="ArgumentException">Before MQTT 5 there is no such packet.</exception>
    public bool Encode(IBufferWriter<byte> writer, ProtocolVersion version, uint maximumPacketSize = uint.MaxValue) =>
        version == ProtocolVersion.Mqtt5
            ? PacketEncoder.TryEncode(this, (byte)PacketType.Auth << 4, writer, version, maximumPacketSize)
            : throw new ArgumentException("AUTH does not exist before MQTT 5", nameof(version));

    void IPacketBody.WriteBody(ref PacketWriter writer, ProtocolVersion version, Diagnostics diagnostics)
    {
        if (ReasonCode == ReasonCode.Success && PropertyWriting.PropertyBlockLength(this, diagnostics) == 0)
            return;
        writer.WriteByte((byte)ReasonCode);
        writer.WritePropertyBlock(this, diagnostics);
    }

    void IHasProperties.WriteProperties(ref PacketWriter writer, Diagnostics diagnostics)
    {
        writer.WriteProperty(PropertyId.AuthenticationMethod, AuthenticationMethod);
        writer.WriteProperty(PropertyId.AuthenticationData, AuthenticationData);
        writer.WriteDiagnostics(ReasonString, UserProperties, diagnostics);
    }

    private AuthPacket WithProperties(ref PropertyReader properties)
    {
        var packet = this;
        List<UserProperty>? userProperties = null;
        while (properties.MoveNext())
        {
            switch (properties.Id)
            {
                case PropertyId.AuthenticationMethod:
                    packet = packet with { AuthenticationMethod = properties.ReadString() };
                    break;
                case PropertyId.AuthenticationData:
                    packet = packet with { AuthenticationData = properties.ReadBinary().ToArray() };
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
