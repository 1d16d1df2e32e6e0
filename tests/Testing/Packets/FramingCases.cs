using static Starling.Protocol.ProtocolVersion;
using static Starling.Protocol.PublishSender;
using static Starling.Protocol.ReasonCode;
using static Starling.Testing.PacketCase;
using static Starling.Testing.Raw;

namespace Starling.Testing;

/// <summary>What is wrong before the body is looked at.</summary>
public static class FramingCases
{
    public static IReadOnlyList<PacketCase> All { get; } =
    [
        Refused("type 0 in 5", Mqtt5, Client, [0x00, 0], MalformedPacket),
        Refused("type 0 in 3.1.1", Mqtt311, Client, [0x00, 0], MalformedPacket),
        Refused("type 15 in 3.1.1", Mqtt311, Client, [0xF0, 0], MalformedPacket),
        Refused("type 15 in 3.1", Mqtt31, Client, [0xF0, 0], MalformedPacket),
        Refused("remaining length of five bytes", Mqtt5, Client, [0xC0, 0x80, 0x80, 0x80, 0x80, 0x01], MalformedPacket),
        Refused("remaining length with a superfluous byte", Mqtt5, Client, [0xC0, 0x80, 0x00], MalformedPacket, "MQTT-1.5.5-1"),
        Refused("PINGREQ with flags in 5", Mqtt5, Client, [0xC1, 0], MalformedPacket, "MQTT-2.1.3-1"),
        Refused("PINGREQ with flags in 3.1.1", Mqtt311, Client, [0xC2, 0], MalformedPacket, "MQTT-2.2.2-1 MQTT-2.2.2-2"),
        Refused("CONNECT with flags", Mqtt5, Client, [0x11, 0], MalformedPacket, "MQTT-2.1.3-1"),
        Refused("CONNACK with flags", Mqtt5, Server, [0x21, 3, 0, 0, 0], MalformedPacket, "MQTT-2.1.3-1"),
        Refused("PUBACK with flags", Mqtt5, Client, [0x42, 2, 0, 1], MalformedPacket, "MQTT-2.1.3-1"),
        Refused("PUBREC with flags", Mqtt5, Client, [0x52, 2, 0, 1], MalformedPacket, "MQTT-2.1.3-1"),
        Refused("PUBREL without its flags", Mqtt5, Client, [0x60, 2, 0, 1], MalformedPacket, "MQTT-3.6.1-1"),
        Refused("PUBREL without its flags in 3.1.1", Mqtt311, Client, [0x60, 2, 0, 1], MalformedPacket, "MQTT-3.6.1-1"),
        Refused("PUBREL with DUP in 3.1.1", Mqtt311, Client, [0x6A, 2, 0, 1], MalformedPacket, "MQTT-3.6.1-1"),
        ValidVariant("PUBREL with DUP in 3.1", Mqtt31, Client, [0x6A, 2, 0, 1]),
        Refused("PUBCOMP with flags", Mqtt5, Client, [0x72, 2, 0, 1], MalformedPacket, "MQTT-2.1.3-1"),
        Refused("SUBSCRIBE without its flags", Mqtt5, Client, Packet(0x80, [0, 1, 0, .. Text("a"), 0]), MalformedPacket, "MQTT-3.8.1-1"),
        Refused("SUBSCRIBE without its flags in 3.1.1", Mqtt311, Client, Packet(0x80, [0, 1, .. Text("a"), 0]), MalformedPacket,
            "MQTT-3.8.1-1"),
        ValidVariant("SUBSCRIBE with DUP in 3.1", Mqtt31, Client, Packet(0x8A, [0, 1, .. Text("a"), 0])),
        Refused("SUBACK with flags", Mqtt5, Server, [0x92, 4, 0, 1, 0, 0], MalformedPacket, "MQTT-2.1.3-1"),
        Refused("UNSUBSCRIBE without its flags", Mqtt5, Client, Packet(0xA0, [0, 1, 0, .. Text("a")]), MalformedPacket, "MQTT-3.10.1-1"),
        Refused("UNSUBSCRIBE without its flags in 3.1.1", Mqtt311, Client, Packet(0xA0, [0, 1, .. Text("a")]), MalformedPacket,
            "MQTT-3.10.1-1"),
        ValidVariant("UNSUBSCRIBE with DUP in 3.1", Mqtt31, Client, Packet(0xAA, [0, 1, .. Text("a")])),
        Refused("UNSUBACK with flags", Mqtt5, Server, [0xB2, 4, 0, 1, 0, 0], MalformedPacket, "MQTT-2.1.3-1"),
        Refused("PINGRESP with flags", Mqtt5, Server, [0xD1, 0], MalformedPacket, "MQTT-2.1.3-1"),
        Refused("DISCONNECT with flags", Mqtt5, Client, [0xE1, 0], MalformedPacket, "MQTT-3.14.1-1"),
        Refused("DISCONNECT with flags in 3.1.1", Mqtt311, Client, [0xE1, 0], MalformedPacket, "MQTT-3.14.1-1"),
        Refused("AUTH with flags", Mqtt5, Client, Packet(0xF1, [0x18, .. Props([21, .. Text("m")])]), MalformedPacket, "MQTT-3.15.1-1"),
    ];
}
