namespace Starling.Protocol;

/// <summary>What a peer sent breaks the protocol; the connection has to be closed [MQTT-4.13.1-1].</summary>
/// <param name="reasonCode">What a CONNACK or DISCONNECT of MQTT 5 says about it.</param>
/// <param name="message">Names the packet and what is wrong with it; safe to log.</param>
public sealed class MqttProtocolException(ReasonCode reasonCode, string message) : Exception(message)
{
    public ReasonCode ReasonCode { get; } = reasonCode;

    internal static MqttProtocolException Malformed(PacketType packet, string what) =>
        new(ReasonCode.MalformedPacket, $"{NameOf(packet)}: {what}");

    internal static MqttProtocolException ProtocolError(PacketType packet, string what) =>
        new(ReasonCode.ProtocolError, $"{NameOf(packet)}: {what}");

    internal static MqttProtocolException Because(ReasonCode reasonCode, PacketType packet, string what) =>
        new(reasonCode, $"{NameOf(packet)}: {what}");

    private static string NameOf(PacketType packet) => packet.ToString().ToUpperInvariant();
}
