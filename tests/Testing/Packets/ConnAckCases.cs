using static Starling.Protocol.ProtocolVersion;
using static Starling.Protocol.PublishSender;
using static Starling.Protocol.ReasonCode;
using static Starling.Testing.PacketCase;
using static Starling.Testing.Raw;

namespace Starling.Testing;

public static class ConnAckCases
{
    public static IReadOnlyList<PacketCase> All { get; } =
    [
        Valid("CONNACK minimal 5", Mqtt5, Server, [0x20, 3, 0, 0, 0], "MQTT-3.1.4-5"),
        Valid("CONNACK minimal 3.1.1", Mqtt311, Server, [0x20, 2, 0, 0], "MQTT-3.1.4-4"),
        Valid("CONNACK minimal 3.1", Mqtt31, Server, [0x20, 2, 0, 0]),
        Valid("CONNACK with session present 5", Mqtt5, Server, [0x20, 3, 1, 0, 0]),
        Valid("CONNACK with session present 3.1.1", Mqtt311, Server, [0x20, 2, 1, 0]),
        Valid("CONNACK refusing the version 3.1.1", Mqtt311, Server, [0x20, 2, 0, 1], "MQTT-3.1.2-2"),
        Valid("CONNACK refusing the identifier 3.1.1", Mqtt311, Server, [0x20, 2, 0, 2], "MQTT-3.1.3-8"),
        Valid("CONNACK of an unavailable server 3.1.1", Mqtt311, Server, [0x20, 2, 0, 3]),
        Valid("CONNACK of a bad password 3.1.1", Mqtt311, Server, [0x20, 2, 0, 4]),
        Valid("CONNACK not authorized 3.1.1", Mqtt311, Server, [0x20, 2, 0, 5]),
        Valid("CONNACK refusing the version 5", Mqtt5, Server, [0x20, 3, 0, 0x84, 0], "MQTT-3.1.2-2"),
        Valid("CONNACK not authorized 5", Mqtt5, Server, [0x20, 3, 0, 0x87, 0]),
        Valid("CONNACK maximal 5", Mqtt5, Server, ConnAck(
            [17, 0, 0, 0, 10, 33, 0, 20, 36, 1, 37, 1, 39, 0, 1, 0, 0, 18, .. Text("auto-1"), 34, 0, 5, 40, 1, 41, 1, 42, 0, 19, 0, 30,
            26, .. Text("info"), 28, .. Text("other"), 21, .. Text("m"), 22, .. Data(1, 2), 31, .. Text("why"),
                .. UserProperty("a", "1")])),
        Valid("CONNACK with maximum QoS 0", Mqtt5, Server, ConnAck(36, 0), "MQTT-3.2.2-9"),

        Refused("CONNACK with a reserved flag 5", Mqtt5, Server, [0x20, 3, 2, 0, 0], MalformedPacket, "MQTT-3.2.2-1"),
        Refused("CONNACK with a reserved flag 3.1.1", Mqtt311, Server, [0x20, 2, 4, 0], MalformedPacket),
        Refused("CONNACK with session present and a refusal", Mqtt5, Server, [0x20, 3, 1, 0x87, 0], ProtocolError, "MQTT-3.2.2-6"),
        Refused("CONNACK with session present and a refusal 3.1.1", Mqtt311, Server, [0x20, 2, 1, 5], ProtocolError, "MQTT-3.2.2-4"),
        Refused("CONNACK with return code 6", Mqtt311, Server, [0x20, 2, 0, 6], ProtocolError, "MQTT-3.2.2-6"),
        Refused("CONNACK with a reason of another packet", Mqtt5, Server, [0x20, 3, 0, 0x10, 0], ProtocolError, "MQTT-3.2.2-8"),
        Refused("CONNACK with maximum QoS 2", Mqtt5, Server, ConnAck(36, 2), ProtocolError),
        Refused("CONNACK with retain available 2", Mqtt5, Server, ConnAck(37, 2), ProtocolError),
        Refused("CONNACK with wildcard available 2", Mqtt5, Server, ConnAck(40, 2), ProtocolError),
        Refused("CONNACK with identifiers available 2", Mqtt5, Server, ConnAck(41, 2), ProtocolError),
        Refused("CONNACK with shared available 2", Mqtt5, Server, ConnAck(42, 2), ProtocolError),
        Refused("CONNACK with receive maximum 0", Mqtt5, Server, ConnAck(33, 0, 0), ProtocolError),
        Refused("CONNACK with maximum packet size 0", Mqtt5, Server, ConnAck(39, 0, 0, 0, 0), ProtocolError),
        Refused("CONNACK with server keep alive twice", Mqtt5, Server, ConnAck(19, 0, 1, 19, 0, 1), ProtocolError),
        Refused("CONNACK with the reason string twice", Mqtt5, Server, ConnAck([31, .. Text("a"), 31, .. Text("a")]), ProtocolError),
        Refused("CONNACK with authentication data and no method", Mqtt5, Server, ConnAck([22, .. Data(1)]), ProtocolError),
        Refused("CONNACK with a property of CONNECT", Mqtt5, Server, ConnAck(23, 1), MalformedPacket),
        Refused("CONNACK 5 without property length", Mqtt5, Server, [0x20, 2, 0, 0], MalformedPacket, "MQTT-2.2.2-1"),
        Refused("CONNACK 3.1.1 with more than its fields", Mqtt311, Server, [0x20, 3, 0, 0, 0], MalformedPacket),
    ];

    private static byte[] ConnAck(params ReadOnlySpan<byte> properties) => Packet(0x20, [0, 0, .. Props(properties)]);
}
