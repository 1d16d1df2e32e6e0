using System.Buffers.Binary;
using System.Text;
using Starling.Protocol;

namespace Starling.Broker.Messages;

/// <summary>
/// Decodes <see cref="MessageFrame"/>s. Messages that come one after the other often have topic and publisher in common: they then share
/// the objects, and where all up to the properties is the same bytes, it is not looked at again. Not thread-safe.
/// </summary>
public sealed class MessageFrameReader
{
    private Topic? _topic;
    private Publisher? _publisher;
    private byte[] _publisherUtf8 = [];

    /// <summary>The message before, and where its frame's head is in the buffer.</summary>
    private Message? _last;
    private byte[] _lastBuffer = [];
    private int _lastStart;
    private int _lastHead;

    /// <param name="frame">Belongs to the message from here on.</param>
    /// <exception cref="InvalidDataException">It is no message, or one of a later version.</exception>
    public Message Read(byte[] frame) => Read(frame, 0, frame.Length);

    /// <param name="buffer">Holds the frame, and is not written to any more; other messages may be in it.</param>
    /// <param name="start">Where the frame begins.</param>
    /// <param name="frameLength">Its bytes; they lie within the buffer.</param>
    /// <exception cref="InvalidDataException">It is no message, or one of a later version.</exception>
    public Message Read(byte[] buffer, int start, int frameLength)
    {
        var frame = buffer.AsSpan(0, start + frameLength);
        if (frameLength == 0 || frame[start] != MessageFrame.Version)
        {
            throw new InvalidDataException(
                $"A message of version {(frameLength == 0 ? 0 : frame[start])} cannot be read, only version {MessageFrame.Version}.");
        }

        if (_last is { } last && HasSameHead(frame, start))
        {
            var tail = start + _lastHead + 1;
            var properties = Length(frame, ref tail);
            return new Message(
                last.Topic, last.QoS, last.Retain, buffer, tail, properties, frame.Length - tail - properties, last.ExpiresAt, last.Publisher,
                last.RepeatableIdentifier, start);
        }

        Topic? topic = null;
        var (flags, expiresAt, epoch, session, packetIdentifier) = ((byte)0, Message.Never, 0L, 0L, (ushort)0);
        ReadOnlySpan<byte> clientId = default;
        var hasPublisher = false;
        for (var at = start + 1; ;)
        {
            var field = at;
            var tag = (MessageFrame.Tag)Next(frame, ref at);
            var length = Length(frame, ref at);
            var value = frame.Slice(at, length);
            switch (tag)
            {
                case MessageFrame.Tag.Tail:
                    (_lastBuffer, _lastStart, _lastHead) = (buffer, start, field - start);
                    return _last = new Message(
                        topic ?? throw Damaged(),
                        (QualityOfService)(flags & 3),
                        (flags & 4) != 0,
                        buffer,
                        at,
                        length,
                        frame.Length - at - length,
                        expiresAt,
                        hasPublisher ? PublisherOf(clientId, epoch, session) : null,
                        packetIdentifier,
                        start);
                case MessageFrame.Tag.Topic:
                    topic = TopicOf(value);
                    break;
                case MessageFrame.Tag.Flags when length == 1:
                    flags = value[0];
                    break;
                case MessageFrame.Tag.ExpiresAt when length == sizeof(long):
                    expiresAt = BinaryPrimitives.ReadInt64BigEndian(value);
                    break;
                case MessageFrame.Tag.PublisherClientId:
                    clientId = value;
                    hasPublisher = true;
                    break;
                case MessageFrame.Tag.PublisherEpoch when length == sizeof(long):
                    epoch = BinaryPrimitives.ReadInt64BigEndian(value);
                    break;
                case MessageFrame.Tag.PublisherSession when length == sizeof(long):
                    session = BinaryPrimitives.ReadInt64BigEndian(value);
                    break;
                case MessageFrame.Tag.PacketIdentifier when length == sizeof(ushort):
                    packetIdentifier = BinaryPrimitives.ReadUInt16BigEndian(value);
                    break;
                default:
                    // Of a later program.
                    break;
            }

            at += length;
        }
    }

    private bool HasSameHead(ReadOnlySpan<byte> frame, int start) =>
        frame.Length - start > _lastHead && frame[start + _lastHead] == (byte)MessageFrame.Tag.Tail
        && frame.Slice(start, _lastHead).SequenceEqual(_lastBuffer.AsSpan(_lastStart, _lastHead));

    private Topic TopicOf(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
            throw Damaged();
        return _topic is not null && _topic.Utf8.SequenceEqual(utf8) ? _topic : _topic = new Topic(utf8.ToArray());
    }

    private Publisher PublisherOf(ReadOnlySpan<byte> utf8, long epoch, long session)
    {
        if (_publisher is not null && _publisher.Epoch == epoch && _publisher.SessionId == session && utf8.SequenceEqual(_publisherUtf8))
            return _publisher;
        _publisherUtf8 = utf8.ToArray();
        return _publisher = new Publisher(Encoding.UTF8.GetString(utf8), epoch, session);
    }

    private static byte Next(ReadOnlySpan<byte> frame, ref int at) => at < frame.Length ? frame[at++] : throw Damaged();

    private static int Length(ReadOnlySpan<byte> frame, ref int at)
    {
        var (length, shift) = (0L, 0);
        byte part;
        do
        {
            part = Next(frame, ref at);
            length |= (long)(part & 0x7F) << shift;
            shift += 7;
        }
        while ((part & 0x80) != 0 && shift < 35);

        return length <= frame.Length - at ? (int)length : throw Damaged();
    }

    private static InvalidDataException Damaged() => new("A message is damaged: it ends too early.");
}
