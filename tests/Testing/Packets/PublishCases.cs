using static Starling.Protocol.ProtocolVersion;
using static Starling.Protocol.PublishSender;
using static Starling.Protocol.ReasonCode;
using static Starling.Testing.PacketCase;
using static Starling.Testing.Raw;

namespace Starling.Testing;

/// <summary>PUBLISH without properties.</summary>
public static class PublishCases
{
    public static IReadOnlyList<PacketCase> All { get; } =
    [
        Valid("PUBLISH at QoS 0 in 3.1.1", Mqtt311, Client, Packet(0x30, [.. Text("a/b"), 1, 2, 3]), "MQTT-2.3.1-5"),
        Valid("PUBLISH at QoS 1 in 3.1.1", Mqtt311, Client, Packet(0x32, [.. Text("a/b"), 0, 1, 1, 2, 3])),
        Valid("PUBLISH at QoS 2 in 3.1.1", Mqtt311, Client, Packet(0x34, [.. Text("a/b"), 255, 255, 1, 2, 3])),
        Valid("PUBLISH repeated at QoS 1 in 3.1.1", Mqtt311, Client, Packet(0x3A, [.. Text("a/b"), 0, 1, 1]), "MQTT-3.3.1-1"),
        Valid("PUBLISH retained in 3.1.1", Mqtt311, Client, Packet(0x31, [.. Text("a/b"), 1])),
        Valid("PUBLISH without payload in 3.1.1", Mqtt311, Client, Packet(0x31, [.. Text("a/b")])),
        Valid("PUBLISH in 3.1", Mqtt31, Client, Packet(0x32, [.. Text("a/b"), 0, 1, 1])),
        Valid("PUBLISH at QoS 0 in 5", Mqtt5, Client, Packet(0x30, [.. Text("a/b"), 0, 1, 2, 3]), "MQTT-2.2.1-2"),
        Valid("PUBLISH at QoS 1 in 5", Mqtt5, Client, Packet(0x32, [.. Text("a/b"), 0, 1, 0, 1, 2, 3])),
        Valid("PUBLISH repeated at QoS 2, retained, in 5", Mqtt5, Client, Packet(0x3D, [.. Text("a/b"), 0, 1, 0, 1])),
        Valid("PUBLISH without payload in 5", Mqtt5, Client, Packet(0x30, [.. Text("a/b"), 0])),
        Valid("PUBLISH from a server", Mqtt5, Server, Packet(0x30, [.. Text("a/b"), 0, 1])),
        Valid("PUBLISH of 20,000 bytes", Mqtt311, Client, Packet(0x30, [.. Text("a"), .. new byte[20_000]])),
        Valid("PUBLISH to a topic that begins with a slash", Mqtt311, Client, Packet(0x30, [.. Text("/")])),
        Valid("PUBLISH to a topic with spaces", Mqtt311, Client, Packet(0x30, [.. Text("a b/ c")])),
        Valid("PUBLISH to a topic outside the basic plane", Mqtt5, Client, Packet(0x30, [.. Text("😀/ü"), 0])),
        Valid("PUBLISH to a topic with a byte order mark", Mqtt5, Client, Packet(0x30, [.. Text("\uFEFFa"), 0]), "MQTT-1.5.4-3"),

        Refused("PUBLISH at QoS 3 in 5", Mqtt5, Client, Packet(0x36, [.. Text("a"), 0, 1, 0]), MalformedPacket, "MQTT-3.3.1-4"),
        Refused("PUBLISH at QoS 3 in 3.1.1", Mqtt311, Client, Packet(0x36, [.. Text("a"), 0, 1]), MalformedPacket, "MQTT-3.3.1-4"),
        Refused("PUBLISH with DUP at QoS 0 in 5", Mqtt5, Client, Packet(0x38, [.. Text("a"), 0]), ProtocolError, "MQTT-3.3.1-2"),
        Refused("PUBLISH with DUP at QoS 0 in 3.1.1", Mqtt311, Client, Packet(0x38, [.. Text("a")]), ProtocolError, "MQTT-3.3.1-2"),
        Refused("PUBLISH with packet identifier 0 in 5", Mqtt5, Client, Packet(0x32, [.. Text("a"), 0, 0, 0]), ProtocolError,
            "MQTT-2.2.1-3"),
        Refused("PUBLISH with packet identifier 0 in 3.1.1", Mqtt311, Client, Packet(0x34, [.. Text("a"), 0, 0]), ProtocolError,
            "MQTT-2.3.1-1"),
        Refused("PUBLISH from a server with packet identifier 0", Mqtt5, Server, Packet(0x32, [.. Text("a"), 0, 0, 0]), ProtocolError,
            "MQTT-2.2.1-4"),
        Refused("PUBLISH without packet identifier", Mqtt311, Client, Packet(0x32, [.. Text("a")]), MalformedPacket),
        Refused("PUBLISH to an empty topic in 3.1.1", Mqtt311, Client, Packet(0x30, [0, 0, 1]), MalformedPacket, "MQTT-4.7.3-1"),
        Refused("PUBLISH to an empty topic without alias", Mqtt5, Client, Packet(0x30, [0, 0, 0, 1]), ProtocolError),
        Refused("PUBLISH to a filter with #", Mqtt5, Client, Packet(0x30, [.. Text("a/#"), 0]), TopicNameInvalid,
            "MQTT-3.3.2-2 MQTT-4.7.0-1"),
        Refused("PUBLISH to a filter with +", Mqtt311, Client, Packet(0x30, [.. Text("a/+/b")]), TopicNameInvalid,
            "MQTT-3.3.2-2 MQTT-4.7.1-1"),
        Refused("PUBLISH to a topic with + inside a level", Mqtt5, Client, Packet(0x30, [.. Text("a+b"), 0]), TopicNameInvalid,
            "MQTT-3.3.2-2"),
        Refused("PUBLISH to a topic with U+0000", Mqtt5, Client, Packet(0x30, [.. Text("a\0"), 0]), MalformedPacket,
            "MQTT-4.7.3-2 MQTT-1.5.4-2"),
        Refused("PUBLISH to a topic with bad UTF-8", Mqtt5, Client, Packet(0x30, [.. Data(0xC3, 0x28), 0]), MalformedPacket,
            "MQTT-3.3.2-1 MQTT-1.5.4-1"),
        Refused("PUBLISH to a topic with a surrogate", Mqtt311, Client, Packet(0x30, [.. Data(0xED, 0xA0, 0x80)]), MalformedPacket,
            "MQTT-3.3.2-1 MQTT-1.5.3-1"),
        Refused("PUBLISH with a topic longer than the packet", Mqtt311, Client, Packet(0x30, 0, 9, 97), MalformedPacket),
        Refused("PUBLISH with nothing in it", Mqtt311, Client, Packet(0x30), MalformedPacket, "MQTT-3.3.2-1"),
        Refused("PUBLISH 5 without property length", Mqtt5, Client, Packet(0x30, [.. Text("a")]), MalformedPacket, "MQTT-2.2.2-1"),
    ];
}
