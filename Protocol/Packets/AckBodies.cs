namespace Starling.Protocol;

/// <summary>What acknowledgements have in common.</summary>
internal static class AckBodies
{
    public static (string? ReasonString, IReadOnlyList<UserProperty>? UserProperties) ReadDiagnostics(
        ref PacketReader reader, ProtocolVersion version)
    {
        string? reasonString = null;
        List<UserProperty>? userProperties = null;
        if (version != ProtocolVersion.Mqtt5)
            return default;
        var properties = reader.ReadProperties(PropertySet.Diagnostics);
        while (properties.MoveNext())
        {
            if (properties.Id == PropertyId.UserProperty)
                properties.AddUserProperty(ref userProperties);
            else
                reasonString = properties.ReadString();
        }
        return (reasonString, userProperties);
    }

    /// <summary>The rest of a SUBACK or UNSUBACK.</summary>
    public static ReasonCode[] ReadReasonCodes(ref PacketReader reader, ProtocolVersion version)
    {
        if (reader.Remaining == 0)
            throw reader.ProtocolError("no reason code [MQTT-3.8.4-6]");
        var codes = new ReasonCode[reader.Remaining];
        for (var i = 0; i < codes.Length; i++)
        {
            codes[i] = (ReasonCode)reader.ReadByte();
            var valid = version == ProtocolVersion.Mqtt5
                ? ReasonCodeRules.IsValidFor(reader.Packet, codes[i])
                : codes[i] is <= ReasonCode.GrantedQoS2 or ReasonCode.UnspecifiedError;
            if (!valid)
                throw reader.ProtocolError($"reason code 0x{(byte)codes[i]:X2} is not one of the packet's [MQTT-3.9.3-2] [MQTT-3.11.3-2]");
        }
        return codes;
    }
}
