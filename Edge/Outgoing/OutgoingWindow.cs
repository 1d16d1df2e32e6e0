using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Edge.Outgoing;

/// <summary>
/// The QoS 1 and 2 messages that a client has not acknowledged, by packet identifier, at most its receive maximum
/// ([MQTT-3.3.4-9]). It remembers that they are on their way, not the messages: nobody sends them again, the inbox has its own. Only what
/// another member of a shared subscription may get instead is held, up to a size. Not thread-safe: its outbox locks.
/// </summary>
/// <param name="receiveMaximum">The client's.</param>
/// <param name="maxHeldBytes">The window is full when the messages it holds are this large together.</param>
internal sealed class OutgoingWindow(ushort receiveMaximum, long maxHeldBytes = long.MaxValue)
{
    /// <summary>A place in the table of messages.</summary>
    private const int EntrySize = 80;

    private Dictionary<ushort, InFlight>? _inFlight;
    private ushort _lastIdentifier;
    private long _heldBytes;

    public bool IsFull => _inFlight is not null && (_inFlight.Count >= receiveMaximum || _heldBytes >= maxHeldBytes);

    /// <summary>What the window takes in memory.</summary>
    public long Bytes => _inFlight is null ? 0 : _heldBytes + ((long)EntrySize * _inFlight.Count);

    public int Count => _inFlight?.Count ?? 0;

    /// <summary>Takes an unused packet identifier ([MQTT-2.2.1-4]); the window is not full.</summary>
    public ushort Reserve(in Delivery delivery)
    {
        _inFlight ??= [];
        do
            _lastIdentifier = _lastIdentifier == ushort.MaxValue ? (ushort)1 : (ushort)(_lastIdentifier + 1);
        while (!_inFlight.TryAdd(_lastIdentifier, InFlight.Of(delivery)));
        _heldBytes += _inFlight[_lastIdentifier].HeldBytes;
        return _lastIdentifier;
    }

    /// <summary>Takes the identifier that belongs to an entry of the inbox.</summary>
    public void Reserve(InboxEntry entry) =>
        (_inFlight ??= [])[entry.PacketIdentifier] = new InFlight(entry.Delivery.QoS, entry.Delivery.Group, null, entry.Number, entry.Released);

    /// <summary>Whether the client has not acknowledged an entry of the inbox that it was sent.</summary>
    public bool Holds(InboxEntry entry) => _inFlight?.TryGetValue(entry.PacketIdentifier, out var sent) == true && sent.Number == entry.Number;

    public void Free(ushort packetIdentifier)
    {
        if (_inFlight is not null && _inFlight.Remove(packetIdentifier, out var entry))
            _heldBytes -= entry.HeldBytes;
    }

    /// <summary>Carries out PUBACK, PUBREC or PUBCOMP ([MQTT-4.3.2-2], [MQTT-4.3.3-4]).</summary>
    public AckOutcome Acknowledge(in AckPacket ack)
    {
        var identifier = ack.PacketIdentifier;
        if (_inFlight is null || !_inFlight.TryGetValue(identifier, out var entry))
            return AckOutcome.Unknown;
        var expected = entry.QoS switch
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

        Free(identifier);
        return new AckOutcome(Known: true, Freed: true, Received: false, entry.Number, entry.Group);
    }

    /// <summary>Messages of shared subscriptions that another member may get; QoS 2 that was sent is not among them ([MQTT-4.8.2-5]).</summary>
    /// <returns>In the order they were sent, which is that of their identifiers, behind the last one.</returns>
    public IEnumerable<Delivery> Unfinished() =>
        _inFlight?
            .OrderBy(e => (ushort)(e.Key - _lastIdentifier - 1))
            .Select(e => e.Value)
            .Where(e => e.Held is not null)
            .Select(e => new Delivery(e.Held!, e.QoS, e.Retain, e.SubscriptionIdentifiers, e.Group)) ?? [];

    /// <param name="QoS">Of the delivery.</param>
    /// <param name="Group">The shared subscription it came by.</param>
    /// <param name="Held">The message, if another member may get it.</param>
    /// <param name="Number">Of the inbox entry.</param>
    /// <param name="Released">Whether the client has sent PUBREC.</param>
    /// <param name="Retain">Of a held message.</param>
    /// <param name="SubscriptionIdentifiers">Of a held message.</param>
    private readonly record struct InFlight(
        QualityOfService QoS,
        SharedGroupKey? Group,
        Message? Held,
        long Number,
        bool Released,
        bool Retain = false,
        uint[]? SubscriptionIdentifiers = null)
    {
        private const long NotOfInbox = -1;

        public int HeldBytes => Held?.Size ?? 0;

        public static InFlight Of(in Delivery delivery) => delivery is { Group: not null, QoS: QualityOfService.AtLeastOnce }
            ? new(delivery.QoS, delivery.Group, delivery.Message, NotOfInbox, Released: false, delivery.Retain, delivery.SubscriptionIdentifiers)
            : new(delivery.QoS, delivery.Group, null, NotOfInbox, Released: false);
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
