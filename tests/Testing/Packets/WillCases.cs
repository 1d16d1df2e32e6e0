using static Starling.Protocol.ProtocolVersion;
using static Starling.Protocol.PublishSender;
using static Starling.Protocol.ReasonCode;
using static Starling.Testing.PacketCase;
using static Starling.Testing.Raw;

namespace Starling.Testing;

/// <summary>CONNECT with a will.</summary>
public static class WillCases
{
    public static IReadOnlyList<PacketCase> All { get; } =
    [
        Valid("will at QoS 0 in 3.1.1", Mqtt311, Client, Connect311(0x06, [.. Text("w"), .. Text("p")]), "MQTT-3.1.2-9"),
        Valid("will at QoS 1 in 3.1.1", Mqtt311, Client, Connect311(0x0E, [.. Text("w"), .. Text("p")]), "MQTT-3.1.2-14"),
        Valid("will at QoS 2, retained, in 3.1.1", Mqtt311, Client, Connect311(0x36, [.. Text("w"), .. Text("p")]), "MQTT-3.1.2-14"),
        Valid("will in 3.1", Mqtt31, Client, Packet(0x10, [.. Text("MQIsdp"), 3, 0x06, 0, 60, .. Text("c"), .. Text("w"), .. Text("p")])),
        Valid("will at QoS 0 in 5", Mqtt5, Client, Connect(0x06, [], "w"), "MQTT-3.1.2-9 MQTT-3.1.2-12"),
        Valid("will at QoS 1 in 5", Mqtt5, Client, Connect(0x0E, [], "w"), "MQTT-3.1.2-12"),
        Valid("will at QoS 2, retained, in 5", Mqtt5, Client, Connect(0x36, [], "w"), "MQTT-3.1.2-12"),
        Valid("will with an empty payload", Mqtt311, Client, Connect311(0x06, [.. Text("w"), 0, 0])),
        Valid("will with user properties around the content type", Mqtt5, Client,
            Connect(0x06, [.. UserProperty("a", "1"), 3, .. Text("t"), .. UserProperty("b", "2")], "w"), "MQTT-3.1.3-10"),
        ValidVariant("will with expiry between forwarded properties", Mqtt5, Client,
            Connect(0x06, [.. UserProperty("a", "1"), 2, 0, 0, 0, 1, 24, 0, 0, 0, 2, .. UserProperty("b", "2")], "w"), "MQTT-3.1.3-10"),

        Refused("will QoS without a will in 5", Mqtt5, Client, Packet(0x10, [.. Text("MQTT"), 5, 0x0A, 0, 60, 0, .. Text("c")]),
            MalformedPacket, "MQTT-3.1.2-11"),
        Refused("will QoS without a will in 3.1.1", Mqtt311, Client, Connect311(0x0A), MalformedPacket, "MQTT-3.1.2-13 MQTT-3.1.2-11"),
        Refused("will retain without a will in 5", Mqtt5, Client, Packet(0x10, [.. Text("MQTT"), 5, 0x22, 0, 60, 0, .. Text("c")]),
            MalformedPacket, "MQTT-3.1.2-13"),
        Refused("will retain without a will in 3.1.1", Mqtt311, Client, Connect311(0x22), MalformedPacket, "MQTT-3.1.2-15"),
        Refused("will at QoS 3 in 5", Mqtt5, Client, Connect(0x1E, [], "w"), MalformedPacket, "MQTT-3.1.2-12"),
        Refused("will at QoS 3 in 3.1.1", Mqtt311, Client, Connect311(0x1E, [.. Text("w"), .. Text("p")]), MalformedPacket,
            "MQTT-3.1.2-14"),
        Refused("will flag and no will in 5", Mqtt5, Client, Packet(0x10, [.. Text("MQTT"), 5, 0x06, 0, 60, 0, .. Text("c")]),
            MalformedPacket, "MQTT-3.1.2-9"),
        Refused("will flag and no will in 3.1.1", Mqtt311, Client, Connect311(0x06), MalformedPacket, "MQTT-3.1.2-9"),
        Refused("will without payload", Mqtt311, Client, Connect311(0x06, [.. Text("w")]), MalformedPacket, "MQTT-3.1.2-9"),
        Refused("will to a wildcard", Mqtt5, Client, Connect(0x06, [], "w/#"), TopicNameInvalid, "MQTT-4.7.0-1"),
        Refused("will to a wildcard in 3.1.1", Mqtt311, Client, Connect311(0x06, [.. Text("+/w"), .. Text("p")]), TopicNameInvalid,
            "MQTT-4.7.1-1"),
        Refused("will to an empty topic", Mqtt5, Client, Connect(0x06, [], ""), TopicNameInvalid, "MQTT-4.7.3-1"),
        Refused("will to a topic with U+0000", Mqtt5, Client, Connect(0x06, [], "w\0"), MalformedPacket, "MQTT-4.7.3-2"),
        Refused("will to a topic with bad UTF-8", Mqtt311, Client, Connect311(0x06, [.. Data(0x80), .. Text("p")]), MalformedPacket,
            "MQTT-3.1.3-10 MQTT-3.1.3-11"),
        Refused("will delay twice", Mqtt5, Client, Connect(0x06, [24, 0, 0, 0, 1, 24, 0, 0, 0, 1], "w"), ProtocolError),
        Refused("will expiry twice", Mqtt5, Client, Connect(0x06, [2, 0, 0, 0, 1, 2, 0, 0, 0, 1], "w"), ProtocolError),
        Refused("will payload format 2", Mqtt5, Client, Connect(0x06, [1, 2], "w"), ProtocolError),
        Refused("will content type twice", Mqtt5, Client, Connect(0x06, [3, .. Text("a"), 3, .. Text("a")], "w"), ProtocolError),
        Refused("will response topic that is empty", Mqtt5, Client, Connect(0x06, [8, .. Text("")], "w"), ProtocolError, "MQTT-4.7.3-1"),
        Refused("will response topic with a wildcard", Mqtt5, Client, Connect(0x06, [8, .. Text("a/+")], "w"), ProtocolError,
            "MQTT-3.3.2-14"),
        Refused("will correlation data twice", Mqtt5, Client, Connect(0x06, [9, .. Data(1), 9, .. Data(1)], "w"), ProtocolError),
        Refused("will with a topic alias", Mqtt5, Client, Connect(0x06, [35, 0, 1], "w"), MalformedPacket),
        Refused("will with a session expiry", Mqtt5, Client, Connect(0x06, [17, 0, 0, 0, 1], "w"), MalformedPacket),
    ];

    private static byte[] Connect(byte flags, ReadOnlySpan<byte> properties, string topic) =>
        Packet(0x10, [.. Text("MQTT"), 5, flags, 0, 60, 0, .. Text("c"), .. Props(properties), .. Text(topic), .. Text("p")]);

    private static byte[] Connect311(byte flags, params ReadOnlySpan<byte> will) =>
        Packet(0x10, [.. Text("MQTT"), 4, flags, 0, 60, .. Text("c"), .. will]);
}
