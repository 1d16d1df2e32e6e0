using System.Text.Json.Serialization;
using Orleans;
using Starling.Protocol;

namespace Starling.Broker.Messages;

/// <summary>
/// An application message, immutable, shared by all its receivers. Its encoded properties and payload lie side by side in one
/// buffer, which the messages of one read may share; what is kept for long is <see cref="Compact"/>ed first.
/// </summary>
[JsonConverter(typeof(MessageConverter))]
[Immutable]
public sealed class Message
{
    /// <summary>The value of <see cref="ExpiresAt"/> for a message that does not expire.</summary>
    public const long Never = long.MaxValue;

    private readonly byte[] _buffer;
    private readonly int _offset;
    private readonly int _propertiesLength;
    private readonly int _payloadLength;
    private readonly int _frame;
    private readonly ushort _packetIdentifier;

    /// <param name="topic">The topic name it was published to.</param>
    /// <param name="qos">The QoS it was published with; a subscription may lower it.</param>
    /// <param name="retain">The RETAIN flag of the PUBLISH packet.</param>
    /// <param name="buffer">Holds the forwarded properties and, behind them, the payload; never written to again.</param>
    /// <param name="offset">Where the properties begin.</param>
    /// <param name="propertiesLength">Bytes of encoded MQTT 5 properties that are forwarded untouched and in order.</param>
    /// <param name="payloadLength">Bytes of payload.</param>
    /// <param name="expiresAt">Unix time in milliseconds, or <see cref="Never"/>.</param>
    /// <param name="publisher">Who published it; null for the broker itself.</param>
    /// <param name="packetIdentifier">The publisher's, at QoS 2.</param>
    /// <param name="frame">Where its <see cref="MessageFrame"/> begins in the buffer, which then ends with the payload; -1 if it is in none.</param>
    public Message(
        Topic topic,
        QualityOfService qos,
        bool retain,
        byte[] buffer,
        int offset,
        int propertiesLength,
        int payloadLength,
        long expiresAt = Never,
        Publisher? publisher = null,
        ushort packetIdentifier = 0,
        int frame = -1)
    {
        Topic = topic;
        QoS = qos;
        Retain = retain;
        ExpiresAt = expiresAt;
        Publisher = publisher;
        _buffer = buffer;
        _offset = offset;
        _propertiesLength = propertiesLength;
        _payloadLength = payloadLength;
        _packetIdentifier = packetIdentifier;
        _frame = frame;
    }

    public Topic Topic { get; }

    public QualityOfService QoS { get; }

    public bool Retain { get; }

    /// <summary>Unix time in milliseconds at which it expires, or <see cref="Never"/>.</summary>
    public long ExpiresAt { get; }

    public Publisher? Publisher { get; }

    /// <summary>
    /// The packet identifier of a QoS 2 message, which names it together with the publisher's session until PUBREL; 0 for others, and when
    /// the publisher's session ends with its connection, so that it can't be repeated.
    /// </summary>
    public ushort RepeatableIdentifier => Publisher is { SessionId: not 0 } ? _packetIdentifier : (ushort)0;

    /// <summary>Encoded properties that a server forwards as they came: all but expiry, alias and subscription identifiers.</summary>
    public ReadOnlySpan<byte> ForwardedProperties => _buffer.AsSpan(_offset, _propertiesLength);

    public ReadOnlySpan<byte> Payload => _buffer.AsSpan(_offset + _propertiesLength, _payloadLength);

    public int PayloadLength => _payloadLength;

    /// <summary>The frame that the message was read from, which is passed on to other processes as it is; empty if it came another way.</summary>
    internal ReadOnlySpan<byte> Frame => _frame < 0 ? default : _buffer.AsSpan(_frame, _offset + _propertiesLength + _payloadLength - _frame);

    /// <summary>What the message counts for in limits and queues: topic, properties and payload, in bytes.</summary>
    public int Size => Topic.Utf8.Length + _propertiesLength + _payloadLength;

    /// <summary>A message of the broker's own, or of a test.</summary>
    public static Message Create(
        Topic topic,
        ReadOnlySpan<byte> payload,
        QualityOfService qos = QualityOfService.AtMostOnce,
        bool retain = false,
        ReadOnlySpan<byte> forwardedProperties = default,
        long expiresAt = Never,
        Publisher? publisher = null,
        ushort packetIdentifier = 0)
    {
        var buffer = new byte[forwardedProperties.Length + payload.Length];
        forwardedProperties.CopyTo(buffer);
        payload.CopyTo(buffer.AsSpan(forwardedProperties.Length));
        return new Message(topic, qos, retain, buffer, 0, forwardedProperties.Length, payload.Length, expiresAt, publisher, packetIdentifier);
    }

    /// <summary>The same message with another expiry, for a will, whose time counts from when it is published.</summary>
    public Message WithExpiry(long expiresAt) =>
        new(Topic, QoS, Retain, _buffer, _offset, _propertiesLength, _payloadLength, expiresAt, Publisher, _packetIdentifier);

    /// <summary>The same message for an inbox that gets it from another inbox: the publisher may have finished it, and used its identifier again.</summary>
    public Message NotRepeatable() => RepeatableIdentifier == 0
        ? this
        : new(Topic, QoS, Retain, _buffer, _offset, _propertiesLength, _payloadLength, ExpiresAt, Publisher);

    public bool HasExpired(long now) => ExpiresAt <= now;

    /// <summary>Whole seconds left, at least one, rounded up ([MQTT-3.3.2-6]); null when it does not expire.</summary>
    public uint? RemainingExpiry(long now) =>
        ExpiresAt == Never ? null : (uint)Math.Clamp((ExpiresAt - now + 999) / 1000, 1, uint.MaxValue);

    /// <summary>This message, in a buffer of its own if it pins a much larger one.</summary>
    public Message Compact() =>
        _buffer.Length <= 2 * (_propertiesLength + _payloadLength) + 64
            ? this
            : Create(Topic, Payload, QoS, Retain, ForwardedProperties, ExpiresAt, Publisher, _packetIdentifier);
}
