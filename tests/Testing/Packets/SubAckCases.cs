using static Starling.Protocol.ProtocolVersion;
using static Starling.Protocol.PublishSender;
using static Starling.Protocol.ReasonCode;
using static Starling.Testing.PacketCase;
using static Starling.Testing.Raw;

namespace Starling.Testing;

/// <summary>SUBACK and UNSUBACK.</summary>
public static class SubAckCases
{
    public static IReadOnlyList<PacketCase> All { get; } =
    [
        Valid("SUBACK in 3.1", Mqtt31, Server, [0x90, 3, 0, 1, 2]),
        Valid("SUBACK in 3.1.1", Mqtt311, Server, [0x90, 6, 0, 1, 0, 1, 2, 0x80], "MQTT-3.9.3-2 MQTT-3.8.4-5"),
        Valid("SUBACK in 5", Mqtt5, Server, [0x90, 4, 0, 1, 0, 0], "MQTT-3.8.4-6"),
        Valid("SUBACK with all reasons", Mqtt5, Server,
            [0x90, 15, 0, 1, 0, 0, 1, 2, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2], "MQTT-3.9.3-2"),
        Valid("SUBACK maximal", Mqtt5, Server, Packet(0x90, [0, 1, .. Props([31, .. Text("why"), .. UserProperty("a", "1")]), 0x87, 1])),
        Refused("SUBACK with packet identifier 0", Mqtt5, Server, [0x90, 4, 0, 0, 0, 0], ProtocolError, "MQTT-3.8.4-2"),
        Refused("SUBACK without reasons", Mqtt5, Server, [0x90, 3, 0, 1, 0], ProtocolError, "MQTT-3.8.4-6"),
        Refused("SUBACK with a reason of another packet", Mqtt5, Server, [0x90, 4, 0, 1, 0, 0x11], ProtocolError, "MQTT-3.9.3-2"),
        Refused("SUBACK in 3.1.1 with a reason of 5", Mqtt311, Server, [0x90, 3, 0, 1, 0x87], ProtocolError, "MQTT-3.9.3-2"),
        Refused("SUBACK with the reason string twice", Mqtt5, Server,
            Packet(0x90, [0, 1, .. Props([31, .. Text("a"), 31, .. Text("a")]), 0]), ProtocolError),
        Refused("SUBACK with a property of another packet", Mqtt5, Server, [0x90, 6, 0, 1, 2, 11, 1, 0], MalformedPacket),

        Valid("UNSUBACK in 3.1", Mqtt31, Server, [0xB0, 2, 0, 1]),
        Valid("UNSUBACK in 3.1.1", Mqtt311, Server, [0xB0, 2, 0, 1], "MQTT-3.10.4-4"),
        Valid("UNSUBACK in 5", Mqtt5, Server, [0xB0, 4, 0, 1, 0, 0x11], "MQTT-3.11.3-2"),
        Valid("UNSUBACK with all reasons", Mqtt5, Server, [0xB0, 10, 0, 1, 0, 0, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91], "MQTT-3.11.3-2"),
        Valid("UNSUBACK maximal", Mqtt5, Server, Packet(0xB0, [0, 1, .. Props([31, .. Text("why"), .. UserProperty("a", "1")]), 0x87, 0])),
        Refused("UNSUBACK with packet identifier 0", Mqtt311, Server, [0xB0, 2, 0, 0], ProtocolError, "MQTT-3.10.4-5"),
        Refused("UNSUBACK without reasons", Mqtt5, Server, [0xB0, 3, 0, 1, 0], ProtocolError, "MQTT-3.11.3-1"),
        Refused("UNSUBACK with a reason of another packet", Mqtt5, Server, [0xB0, 4, 0, 1, 0, 1], ProtocolError, "MQTT-3.11.3-2"),
        Refused("UNSUBACK in 3.1.1 with a reason", Mqtt311, Server, [0xB0, 3, 0, 1, 0], MalformedPacket),
    ];
}
