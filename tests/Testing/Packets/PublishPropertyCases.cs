using static Starling.Protocol.ProtocolVersion;
using static Starling.Protocol.PublishSender;
using static Starling.Protocol.ReasonCode;
using static Starling.Testing.PacketCase;
using static Starling.Testing.Raw;

namespace Starling.Testing;

/// <summary>PUBLISH of MQTT 5 with properties.</summary>
public static class PublishPropertyCases
{
    public static IReadOnlyList<PacketCase> All { get; } =
    [
        Valid("PUBLISH maximal from a client", Mqtt5, Client, Packet(0x3D, [.. Text("a/b"), 0, 7, .. Props(
            [35, 0, 3, 2, 0, 0, 0, 60, 1, 1, 3, .. Text("text/plain"), 8, .. Text("reply/to"), 9, .. Data(0, 255),
            .. UserProperty("k", "1"), .. UserProperty("k", "2"), .. UserProperty("a", "")]), 1, 2, 3])),
        Valid("PUBLISH maximal from a server", Mqtt5, Server, Packet(0x3D, [.. Text("a/b"), 0, 7, .. Props(
            [35, 0, 3, 2, 0, 0, 0, 60, 11, 1, 11, 0xFF, 0xFF, 0xFF, 0x7F, 1, 0, .. UserProperty("k", "1"), 3, .. Text("t")]), 1])),
        Valid("PUBLISH with an alias and a topic", Mqtt5, Client, Publish("a", 35, 0, 1), "MQTT-3.3.2-12"),
        Valid("PUBLISH with an alias for its topic", Mqtt5, Client, Publish("", 35, 255, 255), "MQTT-3.3.2-12"),
        Valid("PUBLISH that expires at once", Mqtt5, Client, Publish("a", 2, 0, 0, 0, 0)),
        Valid("PUBLISH with user properties around the content type", Mqtt5, Client,
            Publish("a", [.. UserProperty("b", "1"), 3, .. Text("t"), .. UserProperty("a", "2")]), "MQTT-3.3.2-17 MQTT-3.3.2-18"),
        Valid("PUBLISH with 200 bytes of properties", Mqtt5, Client, Publish("a", [.. UserProperty("b", new string('v', 195))])),
        Valid("PUBLISH with empty correlation data", Mqtt5, Client, Publish("a", 9, 0, 0), "MQTT-3.3.2-16"),
        ValidVariant("PUBLISH with expiry between forwarded properties", Mqtt5, Client,
            Publish("a", [.. UserProperty("b", "1"), 2, 0, 0, 0, 5, .. UserProperty("a", "2"), 35, 0, 1, 1, 1]),
                "MQTT-3.3.2-18 MQTT-3.3.2-4"),

        Refused("PUBLISH with alias 0", Mqtt5, Client, Publish("a", 35, 0, 0), TopicAliasInvalid, "MQTT-3.3.2-8"),
        Refused("PUBLISH with the alias twice", Mqtt5, Client, Publish("a", 35, 0, 1, 35, 0, 1), ProtocolError),
        Refused("PUBLISH from a client with a subscription identifier", Mqtt5, Client, Publish("a", 11, 1), ProtocolError,
            "MQTT-3.3.4-6"),
        Refused("PUBLISH with subscription identifier 0", Mqtt5, Server, Publish("a", 11, 0), ProtocolError),
        Refused("PUBLISH with payload format 2", Mqtt5, Client, Publish("a", 1, 2), ProtocolError),
        Refused("PUBLISH with the payload format twice", Mqtt5, Client, Publish("a", 1, 1, 1, 1), ProtocolError),
        Refused("PUBLISH with the expiry twice", Mqtt5, Client, Publish("a", 2, 0, 0, 0, 1, 2, 0, 0, 0, 1), ProtocolError),
        Refused("PUBLISH with the content type twice", Mqtt5, Client, Publish("a", [3, .. Text("a"), 3, .. Text("b")]), ProtocolError),
        Refused("PUBLISH with the response topic twice", Mqtt5, Client, Publish("a", [8, .. Text("a"), 8, .. Text("b")]), ProtocolError),
        Refused("PUBLISH with the correlation data twice", Mqtt5, Client, Publish("a", [9, .. Data(1), 9, .. Data(1)]), ProtocolError),
        Refused("PUBLISH with an empty response topic", Mqtt5, Client, Publish("a", [8, .. Text("")]), ProtocolError, "MQTT-4.7.3-1"),
        Refused("PUBLISH with # in the response topic", Mqtt5, Client, Publish("a", [8, .. Text("a/#")]), ProtocolError, "MQTT-3.3.2-14"),
        Refused("PUBLISH with + in the response topic", Mqtt5, Client, Publish("a", [8, .. Text("+/a")]), ProtocolError, "MQTT-3.3.2-14"),
        Refused("PUBLISH with bad UTF-8 in the response topic", Mqtt5, Client, Publish("a", [8, .. Data(0x80)]), MalformedPacket,
            "MQTT-3.3.2-13"),
        Refused("PUBLISH with bad UTF-8 in the content type", Mqtt5, Client, Publish("a", [3, .. Data(0xF5)]), MalformedPacket,
            "MQTT-3.3.2-19"),
        Refused("PUBLISH with bad UTF-8 in a user property", Mqtt5, Client, Publish("a", [38, .. Text("k"), .. Data(0xFF)]),
            MalformedPacket, "MQTT-1.5.7-1"),
        Refused("PUBLISH with half a user property", Mqtt5, Client, Publish("a", [38, .. Text("k")]), MalformedPacket),
        Refused("PUBLISH with a property of another packet", Mqtt5, Client, Publish("a", 17, 0, 0, 0, 1), MalformedPacket),
        Refused("PUBLISH with a will delay", Mqtt5, Client, Publish("a", 24, 0, 0, 0, 1), MalformedPacket),
        Refused("PUBLISH with an unknown property", Mqtt5, Client, Publish("a", 127, 0), MalformedPacket),
        Refused("PUBLISH with a property identifier of two bytes", Mqtt5, Client, Publish("a", 0x81, 0), MalformedPacket),
        Refused("PUBLISH with properties longer than the packet", Mqtt5, Client, Packet(0x30, [.. Text("a"), 50, 1, 1]), MalformedPacket),
        Refused("PUBLISH with a property that reaches into the payload", Mqtt5, Client, Packet(0x30, [.. Text("a"), 2, 3, 0, 1, 97]),
            MalformedPacket),
    ];

    private static byte[] Publish(string topic, params ReadOnlySpan<byte> properties) =>
        Packet(0x30, [.. Text(topic), .. Props(properties), .. "payload"u8]);
}
