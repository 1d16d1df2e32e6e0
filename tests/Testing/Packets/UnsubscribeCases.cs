using static Starling.Protocol.ProtocolVersion;
using static Starling.Protocol.PublishSender;
using static Starling.Protocol.ReasonCode;
using static Starling.Testing.PacketCase;
using static Starling.Testing.Raw;

namespace Starling.Testing;

public static class UnsubscribeCases
{
    public static IReadOnlyList<PacketCase> All { get; } =
    [
        Valid("UNSUBSCRIBE in 3.1", Mqtt31, Client, Packet(0xA2, [0, 1, .. Text("a")])),
        Valid("UNSUBSCRIBE in 3.1.1", Mqtt311, Client, Packet(0xA2, [0, 1, .. Text("a/+"), .. Text("#")]), "MQTT-3.10.3-2"),
        Valid("UNSUBSCRIBE in 5", Mqtt5, Client, Packet(0xA2, [0, 1, 0, .. Text("a")]), "MQTT-3.10.3-2"),
        Valid("UNSUBSCRIBE maximal", Mqtt5, Client,
            Packet(0xA2, [255, 255, .. Props(UserProperty("a", "1")), .. Text("a"), .. Text("$share/g/a")])),
        Refused("UNSUBSCRIBE without filters in 5", Mqtt5, Client, Packet(0xA2, 0, 1, 0), ProtocolError, "MQTT-3.10.3-2"),
        Refused("UNSUBSCRIBE without filters in 3.1.1", Mqtt311, Client, Packet(0xA2, 0, 1), ProtocolError, "MQTT-3.10.3-2"),
        Refused("UNSUBSCRIBE with packet identifier 0", Mqtt5, Client, Packet(0xA2, [0, 0, 0, .. Text("a")]), ProtocolError,
            "MQTT-2.2.1-3"),
        Refused("UNSUBSCRIBE with packet identifier 0 in 3.1.1", Mqtt311, Client, Packet(0xA2, [0, 0, .. Text("a")]), ProtocolError,
            "MQTT-2.3.1-1"),
        Refused("UNSUBSCRIBE from an empty filter", Mqtt5, Client, Packet(0xA2, 0, 1, 0, 0, 0), TopicFilterInvalid, "MQTT-4.7.3-1"),
        Refused("UNSUBSCRIBE from a bad filter", Mqtt5, Client, Packet(0xA2, [0, 1, 0, .. Text("a#")]), TopicFilterInvalid, "MQTT-4.7.1-1"),
        Refused("UNSUBSCRIBE with bad UTF-8", Mqtt5, Client, Packet(0xA2, [0, 1, 0, .. Data(0xFF)]), MalformedPacket, "MQTT-3.10.3-1"),
        Refused("UNSUBSCRIBE with bad UTF-8 in 3.1.1", Mqtt311, Client, Packet(0xA2, [0, 1, .. Data(0xFF)]), MalformedPacket,
            "MQTT-3.10.3-1"),
        Refused("UNSUBSCRIBE with a subscription identifier", Mqtt5, Client, Packet(0xA2, [0, 1, 2, 11, 1, .. Text("a")]), MalformedPacket),
        Refused("UNSUBSCRIBE with half a filter", Mqtt311, Client, Packet(0xA2, 0, 1, 0, 5, 97), MalformedPacket),
    ];
}
