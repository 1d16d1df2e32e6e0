using static Starling.Protocol.ProtocolVersion;
using static Starling.Protocol.PublishSender;
using static Starling.Protocol.ReasonCode;
using static Starling.Testing.PacketCase;
using static Starling.Testing.Raw;

namespace Starling.Testing;

public static class DisconnectCases
{
    private static readonly byte[] FromBoth = [0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99];

    private static readonly byte[] FromServers =
        [0x87, 0x89, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2];

    public static IReadOnlyList<PacketCase> All { get; } =
    [
        Valid("DISCONNECT in 3.1", Mqtt31, Client, [0xE0, 0]),
        Valid("DISCONNECT in 3.1.1", Mqtt311, Client, [0xE0, 0]),
        Valid("DISCONNECT in 5", Mqtt5, Client, [0xE0, 0]),
        ValidVariant("DISCONNECT with success spelled out", Mqtt5, Client, [0xE0, 1, 0]),
        ValidVariant("DISCONNECT with success and no properties", Mqtt5, Client, [0xE0, 2, 0, 0]),
        Valid("DISCONNECT with the will", Mqtt5, Client, [0xE0, 1, 4]),
        Valid("DISCONNECT with a session expiry", Mqtt5, Client, [0xE0, 7, 0, 5, 17, 0, 0, 0, 9]),
        Valid("DISCONNECT maximal from a client", Mqtt5, Client, Packet(0xE0,
            [0x82, .. Props([17, 0, 0, 0, 9, 31, .. Text("why"), .. UserProperty("a", "1"), .. UserProperty("a", "2")])])),
        Valid("DISCONNECT maximal from a server", Mqtt5, Server, Packet(0xE0,
            [0x9D, .. Props([28, .. Text("other:1883"), 31, .. Text("why"), .. UserProperty("a", "1")])])),
        .. FromBoth.Select(code => Valid($"DISCONNECT from a client with 0x{code:X2}", Mqtt5, Client, [0xE0, 1, code], "MQTT-3.14.2-1")),
        .. FromBoth.Concat(FromServers).Select(code =>
            Valid($"DISCONNECT from a server with 0x{code:X2}", Mqtt5, Server, [0xE0, 1, code], "MQTT-3.14.2-1")),
        .. FromServers.Select(code =>
            Refused($"DISCONNECT from a client with 0x{code:X2}", Mqtt5, Client, [0xE0, 1, code], ProtocolError, "MQTT-3.14.2-1")),
        Refused("DISCONNECT from a server with 0x04", Mqtt5, Server, [0xE0, 1, 4], ProtocolError, "MQTT-3.14.2-1"),
        Refused("DISCONNECT with an unknown reason", Mqtt5, Client, [0xE0, 1, 0x7F], ProtocolError, "MQTT-3.14.2-1"),
        Refused("DISCONNECT from a server with a session expiry", Mqtt5, Server, [0xE0, 7, 0, 5, 17, 0, 0, 0, 9], ProtocolError,
            "MQTT-3.14.2-2"),
        Refused("DISCONNECT with a session expiry twice", Mqtt5, Client, Packet(0xE0, [0, .. Props(17, 0, 0, 0, 9, 17, 0, 0, 0, 9)]),
            ProtocolError),
        Refused("DISCONNECT with the reason string twice", Mqtt5, Client,
            Packet(0xE0, [0, .. Props([31, .. Text("a"), 31, .. Text("a")])]), ProtocolError),
        Refused("DISCONNECT with a property of another packet", Mqtt5, Client, [0xE0, 4, 0, 2, 1, 1], MalformedPacket),
        Refused("DISCONNECT with more than its properties", Mqtt5, Client, [0xE0, 3, 0, 0, 0], MalformedPacket),
        Refused("DISCONNECT in 3.1.1 with a reason", Mqtt311, Client, [0xE0, 1, 0], MalformedPacket),
    ];
}
