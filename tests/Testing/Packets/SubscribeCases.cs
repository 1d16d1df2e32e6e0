using static Starling.Protocol.ProtocolVersion;
using static Starling.Protocol.PublishSender;
using static Starling.Protocol.ReasonCode;
using static Starling.Testing.PacketCase;
using static Starling.Testing.Raw;

namespace Starling.Testing;

public static class SubscribeCases
{
    public static IReadOnlyList<PacketCase> All { get; } =
    [
        Valid("SUBSCRIBE in 3.1", Mqtt31, Client, Packet(0x82, [0, 1, .. Text("a"), 1])),
        Valid("SUBSCRIBE in 3.1.1", Mqtt311, Client, Packet(0x82, [0, 1, .. Text("a/+/b"), 2]), "MQTT-3.8.3-3"),
        Valid("SUBSCRIBE to three filters in 3.1.1", Mqtt311, Client,
            Packet(0x82, [0, 1, .. Text("#"), 0, .. Text("+"), 1, .. Text("/"), 2])),
        Valid("SUBSCRIBE in 5", Mqtt5, Client, Filter("a/#", 0), "MQTT-3.8.3-2"),
        Valid("SUBSCRIBE with all options", Mqtt5, Client, Filter("a", 0x2E)),
        Valid("SUBSCRIBE with retain handling 1", Mqtt5, Client, Filter("a", 0x11)),
        Valid("SUBSCRIBE maximal", Mqtt5, Client, Packet(0x82, [255, 255, .. Props([11, 0xFF, 0xFF, 0xFF, 0x7F, .. UserProperty("a", "1")]),
            .. Text("a/b"), 0x0C, .. Text("$share/g/x/+"), 0x1A, .. Text("+/+/#"), 2])),
        Valid("SUBSCRIBE to a shared filter", Mqtt5, Client, Filter("$share/group/a/#", 1), "MQTT-4.8.2-1 MQTT-4.8.2-2"),
        Valid("SUBSCRIBE to a shared filter that begins with a slash", Mqtt5, Client, Filter("$share/g//a", 1)),
        Valid("SUBSCRIBE to $share alone", Mqtt5, Client, Filter("$share", 1)),
        Valid("SUBSCRIBE to $SYS", Mqtt5, Client, Filter("$SYS/#", 0)),
        Valid("SUBSCRIBE to empty levels", Mqtt311, Client, Packet(0x82, [0, 1, .. Text("//+//"), 0])),

        Refused("SUBSCRIBE without filters in 5", Mqtt5, Client, Packet(0x82, 0, 1, 0), ProtocolError, "MQTT-3.8.3-2"),
        Refused("SUBSCRIBE without filters in 3.1.1", Mqtt311, Client, Packet(0x82, 0, 1), ProtocolError, "MQTT-3.8.3-3"),
        Refused("SUBSCRIBE with packet identifier 0 in 5", Mqtt5, Client, Packet(0x82, [0, 0, 0, .. Text("a"), 0]), ProtocolError,
            "MQTT-2.2.1-3"),
        Refused("SUBSCRIBE with packet identifier 0 in 3.1.1", Mqtt311, Client, Packet(0x82, [0, 0, .. Text("a"), 0]), ProtocolError,
            "MQTT-2.3.1-1"),
        Refused("SUBSCRIBE without packet identifier", Mqtt311, Client, Packet(0x82), MalformedPacket),
        Refused("SUBSCRIBE without options", Mqtt5, Client, Packet(0x82, [0, 1, 0, .. Text("a")]), MalformedPacket),
        Refused("SUBSCRIBE with reserved option bit 6", Mqtt5, Client, Filter("a", 0x40), MalformedPacket, "MQTT-3.8.3-5"),
        Refused("SUBSCRIBE with reserved option bit 7", Mqtt5, Client, Filter("a", 0x80), MalformedPacket, "MQTT-3.8.3-5"),
        Refused("SUBSCRIBE in 3.1.1 with an option of 5", Mqtt311, Client, Packet(0x82, [0, 1, .. Text("a"), 4]), MalformedPacket),
        Refused("SUBSCRIBE at QoS 3 in 5", Mqtt5, Client, Filter("a", 3), ProtocolError),
        Refused("SUBSCRIBE at QoS 3 in 3.1.1", Mqtt311, Client, Packet(0x82, [0, 1, .. Text("a"), 3]), ProtocolError),
        Refused("SUBSCRIBE with retain handling 3", Mqtt5, Client, Filter("a", 0x30), ProtocolError),
        Refused("SUBSCRIBE with no local on a shared filter", Mqtt5, Client, Filter("$share/g/a", 4), ProtocolError, "MQTT-3.8.3-4"),
        Refused("SUBSCRIBE with identifier 0", Mqtt5, Client, Packet(0x82, [0, 1, 2, 11, 0, .. Text("a"), 0]), ProtocolError),
        Refused("SUBSCRIBE with the identifier twice", Mqtt5, Client, Packet(0x82, [0, 1, 4, 11, 1, 11, 2, .. Text("a"), 0]),
            ProtocolError),
        Refused("SUBSCRIBE with an identifier of five bytes", Mqtt5, Client,
            Packet(0x82, [0, 1, 6, 11, 0x80, 0x80, 0x80, 0x80, 1, .. Text("a"), 0]), MalformedPacket),
        Refused("SUBSCRIBE with a property of another packet", Mqtt5, Client, Packet(0x82, [0, 1, 2, 1, 1, .. Text("a"), 0]),
            MalformedPacket),
        Refused("SUBSCRIBE to an empty filter in 5", Mqtt5, Client, Filter("", 0), TopicFilterInvalid, "MQTT-4.7.3-1"),
        Refused("SUBSCRIBE to an empty filter in 3.1.1", Mqtt311, Client, Packet(0x82, [0, 1, 0, 0, 0]), TopicFilterInvalid,
            "MQTT-4.7.3-1"),
        Refused("SUBSCRIBE to # that is not last", Mqtt5, Client, Filter("a/#/b", 0), TopicFilterInvalid, "MQTT-4.7.1-1"),
        Refused("SUBSCRIBE to # inside a level", Mqtt311, Client, Packet(0x82, [0, 1, .. Text("a#"), 0]), TopicFilterInvalid,
            "MQTT-4.7.1-2"),
        Refused("SUBSCRIBE to + inside a level", Mqtt5, Client, Filter("a/b+/c", 0), TopicFilterInvalid, "MQTT-4.7.1-2"),
        Refused("SUBSCRIBE to + before other characters", Mqtt311, Client, Packet(0x82, [0, 1, .. Text("+a"), 0]), TopicFilterInvalid,
            "MQTT-4.7.1-3"),
        Refused("SUBSCRIBE to #/", Mqtt5, Client, Filter("#/", 0), TopicFilterInvalid, "MQTT-4.7.1-1"),
        Refused("SUBSCRIBE to ++", Mqtt5, Client, Filter("++", 0), TopicFilterInvalid, "MQTT-4.7.1-2"),
        Refused("SUBSCRIBE to a filter with U+0000", Mqtt5, Client, Filter("a\0", 0), MalformedPacket, "MQTT-4.7.3-2 MQTT-1.5.4-2"),
        Refused("SUBSCRIBE to a filter with bad UTF-8", Mqtt5, Client, Packet(0x82, [0, 1, 0, .. Data(0xFF), 0]), MalformedPacket,
            "MQTT-3.8.3-1"),
        Refused("SUBSCRIBE to a filter with U+0000 in 3.1.1", Mqtt311, Client, Packet(0x82, [0, 1, .. Text("a\0"), 0]), MalformedPacket,
            "MQTT-4.7.3-2 MQTT-1.5.3-2"),
        Refused("SUBSCRIBE to a filter with bad UTF-8 in 3.1.1", Mqtt311, Client, Packet(0x82, [0, 1, .. Data(0xFF), 0]), MalformedPacket,
            "MQTT-3.8.3-1 MQTT-1.5.3-1"),
        Refused("SUBSCRIBE to a shared filter without share name", Mqtt5, Client, Filter("$share//a", 0), TopicFilterInvalid,
            "MQTT-4.8.2-1"),
        Refused("SUBSCRIBE to a shared filter without filter", Mqtt5, Client, Filter("$share/g", 0), TopicFilterInvalid, "MQTT-4.8.2-2"),
        Refused("SUBSCRIBE to a shared filter with an empty filter", Mqtt5, Client, Filter("$share/g/", 0), TopicFilterInvalid,
            "MQTT-4.8.2-2"),
        Refused("SUBSCRIBE to a shared filter with + in its name", Mqtt5, Client, Filter("$share/g+/a", 0), TopicFilterInvalid,
            "MQTT-4.8.2-2"),
        Refused("SUBSCRIBE to a shared filter with # as its name", Mqtt5, Client, Filter("$share/#/a", 0), TopicFilterInvalid,
            "MQTT-4.8.2-2"),
        Refused("SUBSCRIBE to a shared filter with a bad filter", Mqtt5, Client, Filter("$share/g/a#", 0), TopicFilterInvalid,
            "MQTT-4.7.1-1"),
    ];

    private static byte[] Filter(string filter, byte options) => Packet(0x82, [0, 1, 0, .. Text(filter), options]);
}
