using static Starling.Protocol.ProtocolVersion;
using static Starling.Protocol.PublishSender;
using static Starling.Protocol.ReasonCode;
using static Starling.Testing.PacketCase;
using static Starling.Testing.Raw;

namespace Starling.Testing;

public static class AuthCases
{
    public static IReadOnlyList<PacketCase> All { get; } =
    [
        Valid("AUTH that continues", Mqtt5, Client, Auth(0x18, [21, .. Text("m"), 22, .. Data(1, 2, 3)]), "MQTT-4.12.0-3"),
        Valid("AUTH that authenticates again", Mqtt5, Client, Auth(0x19, [21, .. Text("m")]), "MQTT-4.12.1-1"),
        Valid("AUTH success from a server", Mqtt5, Server, Auth(0x00, [21, .. Text("m")])),
        Valid("AUTH without a body", Mqtt5, Server, [0xF0, 0]),
        Valid("AUTH maximal", Mqtt5, Server,
            Auth(0x18, [21, .. Text("m"), 22, .. Data(1), 31, .. Text("why"), .. UserProperty("a", "1"), .. UserProperty("b", "2")]),
                "MQTT-4.12.0-2"),
        Refused("AUTH with a reason of another packet", Mqtt5, Client, Auth(0x87, [21, .. Text("m")]), ProtocolError, "MQTT-3.15.2-1"),
        Refused("AUTH without a method", Mqtt5, Client, Auth(0x18), ProtocolError),
        Refused("AUTH with data and no method", Mqtt5, Client, Auth(0x18, [22, .. Data(1)]), ProtocolError),
        Refused("AUTH with the method twice", Mqtt5, Client, Auth(0x18, [21, .. Text("m"), 21, .. Text("m")]), ProtocolError),
        Refused("AUTH with the data twice", Mqtt5, Client, Auth(0x18, [21, .. Text("m"), 22, .. Data(1), 22, .. Data(1)]), ProtocolError),
        Refused("AUTH without property length", Mqtt5, Client, [0xF0, 1, 0x18], MalformedPacket),
        Refused("AUTH with a property of another packet", Mqtt5, Client, Auth(0x18, [21, .. Text("m"), 1, 1]), MalformedPacket),
        Refused("AUTH with more than its properties", Mqtt5, Client, [.. Packet(0xF0, [0x18, .. Props([21, .. Text("m")]), 0])],
            MalformedPacket),
    ];

    private static byte[] Auth(byte reason, params ReadOnlySpan<byte> properties) => Packet(0xF0, [reason, .. Props(properties)]);
}
