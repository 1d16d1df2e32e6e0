using System.Text;
using Starling.Protocol;

namespace Starling.Cli.Client;

/// <summary>A message that came in; above QoS 0 it is acknowledged with <see cref="MqttClient.AcknowledgeAsync"/>.</summary>
internal sealed record ReceivedMessage(
    string Topic, ReadOnlyMemory<byte> Payload, QualityOfService QoS, bool Retain, bool Dup, ushort PacketIdentifier, PublishProperties Properties)
{
    public static ReceivedMessage From(PublishPacket packet) => new(
        Encoding.UTF8.GetString(packet.Topic),
        packet.Payload.ToArray(),
        packet.QoS,
        packet.Retain,
        packet.Dup,
        packet.PacketIdentifier,
        PublishProperties.Parse(packet.RawProperties));
}
