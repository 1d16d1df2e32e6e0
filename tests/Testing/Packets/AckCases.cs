using static Starling.Protocol.ProtocolVersion;
using static Starling.Protocol.PublishSender;
using static Starling.Protocol.ReasonCode;
using static Starling.Testing.PacketCase;
using static Starling.Testing.Raw;

namespace Starling.Testing;

/// <summary>PUBACK, PUBREC, PUBREL and PUBCOMP.</summary>
public static class AckCases
{
    private static readonly (string Name, byte First, byte[] Reasons, string Statement)[] Types =
    [
        ("PUBACK", 0x40, [0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99], "MQTT-3.4.2-1"),
        ("PUBREC", 0x50, [0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99], "MQTT-3.5.2-1"),
        ("PUBREL", 0x62, [0x92], "MQTT-3.6.2-1"),
        ("PUBCOMP", 0x70, [0x92], "MQTT-3.7.2-1"),
    ];

    public static IReadOnlyList<PacketCase> All { get; } = [.. Types.SelectMany(type =>
        Of(type.Name, type.First, type.Reasons, type.Statement))];

    private static IEnumerable<PacketCase> Of(string name, byte first, byte[] reasons, string statement) =>
    [
        Valid($"{name} in 3.1", Mqtt31, Client, Packet(first, 0, 1)),
        Valid($"{name} in 3.1.1", Mqtt311, Client, Packet(first, 1, 0), "MQTT-2.3.1-6"),
        Valid($"{name} in 5", Mqtt5, Client, Packet(first, 255, 255), "MQTT-2.2.1-5"),
        ValidVariant($"{name} with success spelled out", Mqtt5, Client, Packet(first, 0, 1, 0)),
        ValidVariant($"{name} with success and no properties", Mqtt5, Client, Packet(first, 0, 1, 0, 0)),
        ValidVariant($"{name} with a reason and no properties", Mqtt5, Client, Packet(first, 0, 1, reasons[^1], 0)),
        Valid($"{name} maximal", Mqtt5, Server,
            Packet(first, [0, 1, reasons[^1], .. Props([31, .. Text("why"), .. UserProperty("a", "1")])])),
        .. reasons.Select(reason => Valid($"{name} with reason 0x{reason:X2}", Mqtt5, Client, Packet(first, 0, 1, reason), statement)),

        Refused($"{name} with packet identifier 0", Mqtt5, Client, Packet(first, 0, 0), ProtocolError, "MQTT-2.2.1-5"),
        Refused($"{name} with packet identifier 0 in 3.1.1", Mqtt311, Client, Packet(first, 0, 0), ProtocolError, "MQTT-2.3.1-6"),
        Refused($"{name} without packet identifier", Mqtt5, Client, Packet(first), MalformedPacket),
        Refused($"{name} cut off", Mqtt311, Client, Packet(first, 0), MalformedPacket),
        Refused($"{name} in 3.1.1 with a reason", Mqtt311, Client, Packet(first, 0, 1, 0), MalformedPacket),
        Refused($"{name} with a reason of another packet", Mqtt5, Client, Packet(first, 0, 1, 0x8E), ProtocolError, statement),
        Refused($"{name} with the reason string twice", Mqtt5, Client,
            Packet(first, [0, 1, 0, .. Props([31, .. Text("a"), 31, .. Text("a")])]), ProtocolError),
        Refused($"{name} with bad UTF-8 in the reason string", Mqtt5, Client, Packet(first, [0, 1, 0, .. Props([31, .. Data(0xFF)])]),
            MalformedPacket),
        Refused($"{name} with a property of another packet", Mqtt5, Client, Packet(first, 0, 1, 0, 2, 1, 1), MalformedPacket),
        Refused($"{name} with more than its properties", Mqtt5, Client, Packet(first, 0, 1, 0, 0, 0), MalformedPacket),
    ];
}
