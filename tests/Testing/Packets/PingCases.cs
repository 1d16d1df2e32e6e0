using static Starling.Protocol.ProtocolVersion;
using static Starling.Protocol.PublishSender;
using static Starling.Protocol.ReasonCode;
using static Starling.Testing.PacketCase;

namespace Starling.Testing;

/// <summary>PINGREQ and PINGRESP.</summary>
public static class PingCases
{
    public static IReadOnlyList<PacketCase> All { get; } =
    [
        Valid("PINGREQ in 3.1", Mqtt31, Client, [0xC0, 0]),
        Valid("PINGREQ in 3.1.1", Mqtt311, Client, [0xC0, 0]),
        Valid("PINGREQ in 5", Mqtt5, Client, [0xC0, 0], "MQTT-3.12.4-1"),
        Valid("PINGRESP in 5", Mqtt5, Server, [0xD0, 0], "MQTT-3.12.4-1"),
        Refused("PINGREQ with a body", Mqtt5, Client, [0xC0, 1, 0], MalformedPacket),
        Refused("PINGREQ with a body in 3.1.1", Mqtt311, Client, [0xC0, 1, 0], MalformedPacket),
        Refused("PINGRESP with a body", Mqtt5, Server, [0xD0, 1, 0], MalformedPacket),
    ];
}
