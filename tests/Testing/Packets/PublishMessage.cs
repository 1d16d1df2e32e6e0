using System.Buffers;
using System.Text;
using Starling.Protocol;

namespace Starling.Testing;

/// <summary>A PUBLISH with everything copied, to look at or to send.</summary>
public sealed record PublishMessage
{
    public required string Topic { get; init; }

    public ReadOnlyMemory<byte> Payload { get; init; }

    public QualityOfService QoS { get; init; }

    public bool Dup { get; init; }

    public bool Retain { get; init; }

    /// <summary>0 at QoS 0.</summary>
    public ushort PacketIdentifier { get; init; }

    public PublishProperties Properties { get; init; } = new();

    /// <summary>
    /// Set on messages that were decoded: the forwarded properties as they came, which then are encoded again as they are.
    /// </summary>
    public ReadOnlyMemory<byte>? RawForwardedProperties { get; init; }

    public string Text => Encoding.UTF8.GetString(Payload.Span);

    /// <summary>Validates everything, the topic's characters too.</summary>
    public static PublishMessage Decode(byte flags, ReadOnlySpan<byte> body, ProtocolVersion version, PublishSender sender)
    {
        var packet = PublishPacket.Decode(flags, body, version, sender);
        if (packet.TopicAlias == 0 || !packet.Topic.IsEmpty)
            TopicNames.Validate(packet.Topic);
        var forwarded = new byte[packet.ForwardedPropertiesLength];
        packet.CopyForwardedProperties(forwarded);
        return new()
        {
            Topic = Encoding.UTF8.GetString(packet.Topic),
            Payload = packet.Payload.ToArray(),
            QoS = packet.QoS,
            Dup = packet.Dup,
            Retain = packet.Retain,
            PacketIdentifier = packet.PacketIdentifier,
            Properties = PublishProperties.Parse(packet.RawProperties),
            RawForwardedProperties = forwarded,
        };
    }

    public void Encode(IBufferWriter<byte> writer, ProtocolVersion version)
    {
        var head = new PublishHead
        {
            Version = version,
            Dup = Dup,
            QoS = QoS,
            Retain = Retain,
            Topic = Encoding.UTF8.GetBytes(Topic),
            PacketIdentifier = PacketIdentifier,
            TopicAlias = Properties.TopicAlias ?? 0,
            MessageExpiryInterval = Properties.MessageExpiryInterval,
            SubscriptionIdentifiers = Properties.SubscriptionIdentifiers.ToArray(),
            ForwardedProperties = RawForwardedProperties is { } raw ? raw.Span : Properties.EncodeForwarded(),
            PayloadLength = Payload.Length,
        };
        writer.Advance(head.Write(writer.GetSpan(head.Length)));
        writer.Write(Payload.Span);
    }
}
