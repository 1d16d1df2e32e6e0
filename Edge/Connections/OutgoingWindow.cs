using Starling.Broker.Messages;
using Starling.Broker.Sessions;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>
/// The QoS 1 and 2 messages that a client has not acknowledged, by packet identifier, at most its receive maximum
/// ([MQTT-3.3.4-9]). Not thread-safe: its outbox locks.
/// </summary>
internal sealed class OutgoingWindow(ushort receiveMaximum)
{
    private Dictionary<ushort, InFlight>? _inFlight;
    private ushort _lastIdentifier;

    public bool IsFull => _inFlight is not null && _inFlight.Count >= receiveMaximum;

    public int Count => _inFlight?.Count ?? 0;

    /// <summary>Takes an unused packet identifier ([MQTT-2.2.1-4]); the window is not full.</summary>
    public ushort Reserve(in Delivery delivery)
    {
        _inFlight ??= [];
        do
            _lastIdentifier = _lastIdentifier == ushort.MaxValue ? (ushort)1 : (ushort)(_lastIdentifier + 1);
        while (!_inFlight.TryAdd(_lastIdentifier, new InFlight(delivery, InFlight.NotOfInbox, Released: false)));
        return _lastIdentifier;
    }

    /// <summary>Takes the identifier that belongs to an entry of the inbox.</summary>
    public void Reserve(InboxEntry entry) =>
        (_inFlight ??= [])[entry.PacketIdentifier] = new InFlight(entry.Delivery, entry.Number, entry.Released);

    public void Release(ushort packetIdentifier) => _inFlight?.Remove(packetIdentifier);

    /// <summary>Carries out PUBACK, PUBREC or PUBCOMP ([MQTT-4.3.2-2], [MQTT-4.3.3-4]).</summary>
    public AckOutcome Acknowledge(in AckPacket ack)
    {
        var identifier = ack.PacketIdentifier;
        if (_inFlight is null || !_inFlight.TryGetValue(identifier, out var entry))
            return AckOutcome.Unknown;
        var expected = entry.Delivery.QoS switch
        {
            QualityOfService.AtLeastOnce => ack.Type == PacketType.PubAck,
            _ => ack.Type == PacketType.PubRec || (ack.Type == PacketType.PubComp && entry.Released),
        };
        if (!expected)
            return AckOutcome.Mismatch;

        if (ack.Type == PacketType.PubRec && ack.ReasonCode < ReasonCode.UnspecifiedError)
        {
            _inFlight[identifier] = entry with { Released = true };
            return new AckOutcome(Known: true, Freed: false, Received: true, entry.Number, Group: null);
        }

        _inFlight.Remove(identifier);
        return new AckOutcome(Known: true, Freed: true, Received: false, entry.Number, entry.Delivery.Group);
    }

    /// <summary>Messages of shared subscriptions that another member may get; QoS 2 that was sent is not among them ([MQTT-4.8.2-5]).</summary>
    /// <returns>In the order they were sent, which is that of their identifiers, behind the last one.</returns>
    public IEnumerable<Delivery> Unfinished() =>
        _inFlight?
            .OrderBy(e => (ushort)(e.Key - _lastIdentifier - 1))
            .Select(e => e.Value)
            .Where(e => e.Number == InFlight.NotOfInbox && e.Delivery is { Group: not null, QoS: QualityOfService.AtLeastOnce })
            .Select(e => e.Delivery) ?? [];

    private readonly record struct InFlight(Delivery Delivery, long Number, bool Released)
    {
        public const long NotOfInbox = -1;
    }
}

/// <summary>What an acknowledgement did.</summary>
/// <param name="Known">Whether its packet identifier is in use.</param>
/// <param name="Freed">Whether the identifier is free again.</param>
/// <param name="Received">Whether it was the PUBREC of a QoS 2 message, which PUBREL follows.</param>
/// <param name="Number">The inbox entry, or -1.</param>
/// <param name="Group">The shared subscription the message came by, or null.</param>
internal readonly record struct AckOutcome(bool Known, bool Freed, bool Received, long Number, SharedGroupKey? Group)
{
    public static readonly AckOutcome Unknown = new(Known: false, Freed: false, Received: false, -1, null);

    public static readonly AckOutcome Mismatch = Unknown with { IsMismatch = true };

    /// <summary>Whether the identifier is in use for a message that this packet does not acknowledge.</summary>
    public bool IsMismatch { get; init; }

    /// <summary>Whether something that waited for the identifier was written.</summary>
    public bool FlushNeeded { get; init; }

    public bool IsOfInbox => Number >= 0;
}
