using Orleans;
using Starling.Broker.Messages;

namespace Starling.Broker.Contracts;

/// <summary>
/// A message in a durable session's inbox. Its packet identifier follows from its number, so that it is the same in every connection
/// and after every crash ([MQTT-4.4.0-1]) without being written down.
/// </summary>
/// <param name="Number">Counts up by one within the session, from 0.</param>
/// <param name="Delivery">The message as the session gets it.</param>
/// <param name="Released">Whether a QoS 2 message has had its PUBREC: what the client gets is PUBREL, not PUBLISH.</param>
/// <param name="Sent">Whether the client may have seen it: PUBLISH then carries DUP ([MQTT-3.3.1-1]).</param>
[Immutable]
public sealed record InboxEntry(long Number, Delivery Delivery, bool Released = false, bool Sent = false)
{
    /// <summary>How many numbers may lie between the oldest unacknowledged entry and the newest that is sent.</summary>
    public const int PacketIdentifiers = ushort.MaxValue;

    public ushort PacketIdentifier => (ushort)((Number % PacketIdentifiers) + 1);
}

/// <param name="Number">The entry's.</param>
/// <param name="Received">True for PUBREC: the entry stays, released. False when the entry is done with.</param>
[GenerateSerializer, Immutable, Alias("starling.inbox-ack")]
public readonly record struct InboxAck([Id(0)] long Number, [Id(1)] bool Received);
