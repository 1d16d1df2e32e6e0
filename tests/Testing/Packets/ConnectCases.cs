using Starling.Protocol;
using static Starling.Protocol.ProtocolVersion;
using static Starling.Protocol.PublishSender;
using static Starling.Protocol.ReasonCode;
using static Starling.Testing.PacketCase;
using static Starling.Testing.Raw;

namespace Starling.Testing;

/// <summary>CONNECT without its properties and will.</summary>
public static class ConnectCases
{
    private const byte CleanStart = 0x02, Password = 0x40, UserName = 0x80;

    public static IReadOnlyList<PacketCase> All { get; } =
    [
        Valid("CONNECT minimal 5", Mqtt5, Client, Connect(Mqtt5, CleanStart, [.. Text("c")]), "MQTT-3.1.2-1 MQTT-3.1.3-3"),
        Valid("CONNECT minimal 3.1.1", Mqtt311, Client, Connect(Mqtt311, CleanStart, [.. Text("c")]), "MQTT-3.1.3-3"),
        Valid("CONNECT minimal 3.1", Mqtt31, Client, Connect(Mqtt31, CleanStart, [.. Text("c")])),
        Valid("CONNECT of a bridge 3.1.1", Mqtt311, Client, Packet(0x10, [.. Text("MQTT"), 0x84, 2, 0, 60, .. Text("c")])),
        Valid("CONNECT of a bridge 3.1", Mqtt31, Client, Packet(0x10, [.. Text("MQIsdp"), 0x83, 2, 0, 60, .. Text("c")])),
        Valid("CONNECT 5 that resumes", Mqtt5, Client, Connect(Mqtt5, 0, [.. Text("c")])),
        Valid("CONNECT 3.1.1 that resumes", Mqtt311, Client, Connect(Mqtt311, 0, [.. Text("c")])),
        Valid("CONNECT 5 without client identifier", Mqtt5, Client, Connect(Mqtt5, CleanStart, [.. Text("")]), "MQTT-3.1.3-6"),
        Valid("CONNECT 5 without client identifier that resumes", Mqtt5, Client, Connect(Mqtt5, 0, [.. Text("")]), "MQTT-3.1.3-6"),
        Valid("CONNECT 3.1.1 without client identifier", Mqtt311, Client, Connect(Mqtt311, CleanStart, [.. Text("")]),
            "MQTT-3.1.3-6 MQTT-3.1.3-7"),
        Valid("CONNECT with user name and password 5", Mqtt5, Client,
            Connect(Mqtt5, 0xC2, [.. Text("c"), .. Text("u"), .. Data(1, 0, 255)]),
            "MQTT-3.1.2-17 MQTT-3.1.2-19 MQTT-3.1.3-12"),
        Valid("CONNECT with user name and password 3.1.1", Mqtt311, Client,
            Connect(Mqtt311, 0xC2, [.. Text("c"), .. Text("u"), .. Text("p")])),
        Valid("CONNECT with user name and password 3.1", Mqtt31, Client, Connect(Mqtt31, 0xC2, [.. Text("c"), .. Text("u"), .. Text("p")])),
        Valid("CONNECT 5 with a password only", Mqtt5, Client, Connect(Mqtt5, Password | CleanStart, [.. Text("c"), .. Text("p")])),
        Valid("CONNECT 5 with empty user name and password", Mqtt5, Client, Connect(Mqtt5, 0xC2, [.. Text("c"), .. Text(""), .. Text("")])),
        ValidVariant("CONNECT with the flag that 3.1 does not use", Mqtt31, Client, Connect(Mqtt31, 0x03, [.. Text("c")])),
        ValidVariant("CONNECT 3.1 with user name flag and no user name", Mqtt31, Client,
            Connect(Mqtt31, UserName | CleanStart, [.. Text("c")])),
        Valid("CONNECT with a byte order mark in the client identifier", Mqtt5, Client, Connect(Mqtt5, CleanStart, [.. Text("\uFEFFc")]),
            "MQTT-1.5.4-3 MQTT-1.5.3-3"),
        Valid("CONNECT with a long client identifier 3.1", Mqtt31, Client, Connect(Mqtt31, CleanStart, [.. Text(new string('c', 200))])),

        Refused("CONNECT 3.1.1 without client identifier that resumes", Mqtt311, Client, Connect(Mqtt311, 0, [.. Text("")]),
            ClientIdentifierNotValid, "MQTT-3.1.3-7 MQTT-3.1.3-8"),
        Refused("CONNECT 3.1 without client identifier", Mqtt31, Client, Connect(Mqtt31, CleanStart, [.. Text("")]),
            ClientIdentifierNotValid, "MQTT-3.1.3-9"),
        Refused("CONNECT of level 6", Mqtt5, Client, Packet(0x10, [.. Text("MQTT"), 6, 2, 0, 60, 0, .. Text("c")]),
            UnsupportedProtocolVersion, "MQTT-3.1.2-2"),
        Refused("CONNECT of level 3 as MQTT", Mqtt311, Client, Packet(0x10, [.. Text("MQTT"), 3, 2, 0, 60, .. Text("c")]),
            UnsupportedProtocolVersion, "MQTT-3.1.2-2"),
        Refused("CONNECT of level 4 as MQIsdp", Mqtt31, Client, Packet(0x10, [.. Text("MQIsdp"), 4, 2, 0, 60, .. Text("c")]),
            UnsupportedProtocolVersion, "MQTT-3.1.2-2"),
        Refused("CONNECT of level 133", Mqtt311, Client, Packet(0x10, [.. Text("MQTT"), 133, 2, 0, 60, .. Text("c")]),
            UnsupportedProtocolVersion, "MQTT-3.1.2-2"),
        Refused("CONNECT of another protocol", Mqtt5, Client, Packet(0x10, [.. Text("HTTP"), 5, 2, 0, 60, 0, .. Text("c")]),
            UnsupportedProtocolVersion, "MQTT-3.1.2-1"),
        Refused("CONNECT 3.1.1 of another protocol", Mqtt311, Client, Packet(0x10, [.. Text("HTTP"), 4, 2, 0, 60, .. Text("c")]),
            UnsupportedProtocolVersion, "MQTT-3.1.2-1"),
        Refused("CONNECT in lower case", Mqtt5, Client, Packet(0x10, [.. Text("mqtt"), 5, 2, 0, 60, 0, .. Text("c")]),
            UnsupportedProtocolVersion, "MQTT-3.1.2-1"),
        Refused("CONNECT of level 6 that is cut off", Mqtt5, Client, Packet(0x10, [.. Text("MQTT"), 6]), UnsupportedProtocolVersion,
            "MQTT-3.1.2-2"),
        Refused("CONNECT with the reserved flag 5", Mqtt5, Client, Connect(Mqtt5, 0x03, [.. Text("c")]), MalformedPacket, "MQTT-3.1.2-3"),
        Refused("CONNECT with the reserved flag 3.1.1", Mqtt311, Client, Connect(Mqtt311, 0x03, [.. Text("c")]), MalformedPacket,
            "MQTT-3.1.2-3"),
        Refused("CONNECT 3.1.1 with a password only", Mqtt311, Client,
            Connect(Mqtt311, Password | CleanStart, [.. Text("c"), .. Text("p")]),
            MalformedPacket, "MQTT-3.1.2-22"),
        Refused("CONNECT 5 with user name flag and no user name", Mqtt5, Client, Connect(Mqtt5, UserName | CleanStart, [.. Text("c")]),
            MalformedPacket, "MQTT-3.1.2-17"),
        Refused("CONNECT 3.1.1 with user name flag and no user name", Mqtt311, Client,
            Connect(Mqtt311, UserName | CleanStart, [.. Text("c")]),
            MalformedPacket, "MQTT-3.1.2-19"),
        Refused("CONNECT with password flag and no password", Mqtt5, Client, Connect(Mqtt5, 0xC2, [.. Text("c"), .. Text("u")]),
            MalformedPacket, "MQTT-3.1.2-19"),
        Refused("CONNECT with a user name and no flag", Mqtt5, Client, Connect(Mqtt5, CleanStart, [.. Text("c"), .. Text("u")]),
            MalformedPacket, "MQTT-3.1.2-16"),
        Refused("CONNECT 3.1.1 with a user name and no flag", Mqtt311, Client, Connect(Mqtt311, CleanStart, [.. Text("c"), .. Text("u")]),
            MalformedPacket, "MQTT-3.1.2-18"),
        Refused("CONNECT 5 with a password and no flag", Mqtt5, Client, Connect(Mqtt5, 0x82, [.. Text("c"), .. Text("u"), .. Text("p")]),
            MalformedPacket, "MQTT-3.1.2-18"),
        Refused("CONNECT with a password and no flag", Mqtt311, Client, Connect(Mqtt311, 0x82, [.. Text("c"), .. Text("u"), .. Text("p")]),
            MalformedPacket, "MQTT-3.1.2-20"),
        Refused("CONNECT with U+0000 in the client identifier", Mqtt5, Client, Connect(Mqtt5, CleanStart, [.. Text("a\0b")]),
            MalformedPacket, "MQTT-1.5.4-2"),
        Refused("CONNECT with U+0000 in the client identifier 3.1.1", Mqtt311, Client, Connect(Mqtt311, CleanStart, [.. Text("a\0b")]),
            MalformedPacket, "MQTT-1.5.3-2"),
        Refused("CONNECT with a surrogate in the client identifier", Mqtt5, Client, Connect(Mqtt5, CleanStart, [.. Data(0xED, 0xA0, 0x80)]),
            MalformedPacket, "MQTT-1.5.4-1 MQTT-3.1.3-4"),
        Refused("CONNECT with an overlong character in the client identifier", Mqtt311, Client,
            Connect(Mqtt311, CleanStart, [.. Data(0xC0, 0xAF)]),
            MalformedPacket, "MQTT-1.5.3-1 MQTT-3.1.3-4"),
        Refused("CONNECT with bad UTF-8 in the user name", Mqtt5, Client, Connect(Mqtt5, 0x82, [.. Text("c"), .. Data(0xFF)]),
            MalformedPacket, "MQTT-3.1.3-12 MQTT-3.1.3-11"),
        Refused("CONNECT with nothing in it", Mqtt5, Client, Packet(0x10), MalformedPacket, "MQTT-3.1.4-1"),
        Refused("CONNECT cut off after the flags", Mqtt5, Client, Packet(0x10, [.. Text("MQTT"), 5, 2]), MalformedPacket, "MQTT-3.1.4-1"),
        Refused("CONNECT cut off before the client identifier", Mqtt311, Client, Packet(0x10, [.. Text("MQTT"), 4, 2, 0, 60]),
            MalformedPacket, "MQTT-3.1.4-1 MQTT-3.1.3-3"),
        Refused("CONNECT 5 cut off before the client identifier", Mqtt5, Client, Packet(0x10, [.. Text("MQTT"), 5, 2, 0, 60, 0]),
            MalformedPacket, "MQTT-3.1.3-3"),
        Refused("CONNECT 5 without property length", Mqtt5, Client, Packet(0x10, [.. Text("MQTT"), 5, 2, 0, 60]), MalformedPacket,
            "MQTT-2.2.2-1"),
        Refused("CONNECT with more than its fields", Mqtt5, Client, [.. Packet(0x10, [.. Text("MQTT"), 5, 2, 0, 60, 0, .. Text("c"), 9])],
            MalformedPacket, "MQTT-3.1.4-1"),
    ];

    private static byte[] Connect(ProtocolVersion version, byte flags, params ReadOnlySpan<byte> payload)
    {
        byte[] properties = version == Mqtt5 ? [0] : [];
        return Packet(0x10, [.. Text(version == Mqtt31 ? "MQIsdp" : "MQTT"), (byte)version, flags, 0, 60, .. properties, .. payload]);
    }
}
