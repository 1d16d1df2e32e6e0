using System.Buffers;
using System.Text;
using Starling.Protocol;

namespace Starling.Cli.Client;

/// <summary>A message to publish. The properties are sent to MQTT 5 brokers only.</summary>
internal sealed record OutgoingMessage(string Topic, ReadOnlyMemory<byte> Payload, QualityOfService QoS, bool Retain)
{
    public PublishProperties Properties { get; init; } = new();

    public void Encode(IBufferWriter<byte> writer, ProtocolVersion version, ushort packetIdentifier)
    {
        var head = new PublishHead
        {
            Version = version,
            QoS = QoS,
            Retain = Retain,
            Topic = Encoding.UTF8.GetBytes(Topic),
            PacketIdentifier = packetIdentifier,
            MessageExpiryInterval = Properties.MessageExpiryInterval,
            TopicAlias = Properties.TopicAlias ?? 0,
            ForwardedProperties = Properties.EncodeForwarded(),
            PayloadLength = Payload.Length,
        };
        writer.Advance(head.Write(writer.GetSpan(head.Length)));
        writer.Write(Payload.Span);
    }
}
