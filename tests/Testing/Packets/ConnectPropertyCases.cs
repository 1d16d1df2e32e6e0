using static Starling.Protocol.ProtocolVersion;
using static Starling.Protocol.PublishSender;
using static Starling.Protocol.ReasonCode;
using static Starling.Testing.PacketCase;
using static Starling.Testing.Raw;

namespace Starling.Testing;

public static class ConnectPropertyCases
{
    public static IReadOnlyList<PacketCase> All { get; } =
    [
        Valid("CONNECT maximal 5", Mqtt5, Client, Packet(0x10,
            [.. Text("MQTT"), 5, 0xEE, 0, 60, .. Props(
                [17, 0, 0, 0, 10, 33, 0, 20, 39, 0, 1, 0, 0, 34, 0, 5, 25, 1, 23, 0, 21, .. Text("SCRAM-SHA-256"), 22, .. Data(1, 2),
                .. UserProperty("a", "1"), .. UserProperty("a", "2")]),
            .. Text("client"), .. Props([24, 0, 0, 0, 7, 2, 0, 0, 0, 9, 1, 1, 3, .. Text("text"), 8, .. Text("re/ply"), 9, .. Data(0, 1),
                .. UserProperty("w", "1"), .. UserProperty("w", "1")]),
            .. Text("will/topic"), .. Text("gone"), .. Text("user"), .. Text("secret")])),
        Valid("CONNECT with zero session expiry", Mqtt5, Client, Connect(17, 0, 0, 0, 0)),
        Valid("CONNECT that never expires", Mqtt5, Client, Connect(17, 255, 255, 255, 255)),
        Valid("CONNECT with topic alias maximum 0", Mqtt5, Client, Connect(34, 0, 0)),
        Valid("CONNECT with a method and no data", Mqtt5, Client, Connect([21, .. Text("m")])),
        ValidVariant("CONNECT with user properties between others", Mqtt5, Client,
            Connect([.. UserProperty("a", "1"), 33, 0, 1, .. UserProperty("b", "2"), 17, 0, 0, 0, 1])),

        Refused("CONNECT with session expiry twice", Mqtt5, Client, Connect(17, 0, 0, 0, 1, 17, 0, 0, 0, 1), ProtocolError),
        Refused("CONNECT with receive maximum 0", Mqtt5, Client, Connect(33, 0, 0), ProtocolError),
        Refused("CONNECT with receive maximum twice", Mqtt5, Client, Connect(33, 0, 1, 33, 0, 1), ProtocolError),
        Refused("CONNECT with maximum packet size 0", Mqtt5, Client, Connect(39, 0, 0, 0, 0), ProtocolError),
        Refused("CONNECT with maximum packet size twice", Mqtt5, Client, Connect(39, 0, 0, 1, 0, 39, 0, 0, 1, 0), ProtocolError),
        Refused("CONNECT with topic alias maximum twice", Mqtt5, Client, Connect(34, 0, 1, 34, 0, 1), ProtocolError),
        Refused("CONNECT with request response information 2", Mqtt5, Client, Connect(25, 2), ProtocolError),
        Refused("CONNECT with request response information twice", Mqtt5, Client, Connect(25, 1, 25, 1), ProtocolError),
        Refused("CONNECT with request problem information 2", Mqtt5, Client, Connect(23, 2), ProtocolError),
        Refused("CONNECT with request problem information twice", Mqtt5, Client, Connect(23, 1, 23, 1), ProtocolError),
        Refused("CONNECT with authentication data and no method", Mqtt5, Client, Connect([22, .. Data(1)]), ProtocolError),
        Refused("CONNECT with the authentication method twice", Mqtt5, Client, Connect([21, .. Text("m"), 21, .. Text("m")]),
            ProtocolError),
        Refused("CONNECT with the authentication data twice", Mqtt5, Client,
            Connect([21, .. Text("m"), 22, .. Data(1), 22, .. Data(1)]), ProtocolError),
        Refused("CONNECT with an unknown property", Mqtt5, Client, Connect(99, 1), MalformedPacket),
        Refused("CONNECT with property 0", Mqtt5, Client, Connect(0, 1), MalformedPacket),
        Refused("CONNECT with a property of another packet", Mqtt5, Client, Connect(36, 1), MalformedPacket),
        Refused("CONNECT with a will property outside the will", Mqtt5, Client, Connect(24, 0, 0, 0, 1), MalformedPacket),
        Refused("CONNECT with a property cut off", Mqtt5, Client, Connect(17, 0, 0), MalformedPacket),
        Refused("CONNECT with properties longer than the packet", Mqtt5, Client,
            Packet(0x10, [.. Text("MQTT"), 5, 2, 0, 60, 200, 1, .. Text("c")]), MalformedPacket),
        Refused("CONNECT with a property length that is not minimal", Mqtt5, Client,
            Packet(0x10, [.. Text("MQTT"), 5, 2, 0, 60, 0x80, 0, .. Text("c")]), MalformedPacket, "MQTT-1.5.5-1"),
        Refused("CONNECT with a property length of five bytes", Mqtt5, Client,
            Packet(0x10, [.. Text("MQTT"), 5, 2, 0, 60, 0x80, 0x80, 0x80, 0x80, 1, .. Text("c")]), MalformedPacket),
        Refused("CONNECT with bad UTF-8 in a user property name", Mqtt5, Client,
            Connect([38, .. Data(0xFE), .. Text("v")]), MalformedPacket, "MQTT-1.5.7-1"),
        Refused("CONNECT with bad UTF-8 in a user property value", Mqtt5, Client,
            Connect([38, .. Text("n"), .. Data(0xED, 0xBF, 0xBF)]), MalformedPacket, "MQTT-1.5.7-1 MQTT-1.5.4-1"),
        Refused("CONNECT with U+0000 in the authentication method", Mqtt5, Client, Connect([21, .. Text("\0")]), MalformedPacket,
            "MQTT-1.5.4-2"),
    ];

    private static byte[] Connect(params ReadOnlySpan<byte> properties) =>
        Packet(0x10, [.. Text("MQTT"), 5, 2, 0, 60, .. Props(properties), .. Text("c")]);
}
