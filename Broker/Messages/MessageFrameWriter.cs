namespace Starling.Broker.Messages;

/// <summary>
/// Writes many <see cref="MessageFrame"/>s. A message that was read from a frame is copied with it; of messages that come one after the other
/// and differ only in properties and payload, what they have in common is encoded once. Not thread-safe.
/// </summary>
public sealed class MessageFrameWriter
{
    private Message? _last;
    private byte[] _head = [];
    private int _headLength;

    /// <summary>Bytes that <see cref="Write"/> fills. To be called before it, for the same message.</summary>
    public int Length(Message message)
    {
        if (message.Frame.Length > 0)
            return message.Frame.Length;
        if (_last is null || !HasSameHead(_last, message))
            EncodeHead(message);
        var properties = message.ForwardedProperties.Length;
        return _headLength + MessageFrame.FieldLength(properties) + message.PayloadLength;
    }

    /// <param name="message">Of the last call of <see cref="Length"/>.</param>
    /// <param name="frame">Of as many bytes as that returned.</param>
    public void Write(Message message, Span<byte> frame)
    {
        if (message.Frame.Length > 0)
        {
            message.Frame.CopyTo(frame);
            return;
        }

        _head.AsSpan(0, _headLength).CopyTo(frame);
        MessageFrame.WriteTail(message, frame, _headLength);
    }

    private void EncodeHead(Message message)
    {
        _headLength = MessageFrame.HeadLength(message);
        if (_head.Length < _headLength)
            _head = new byte[2 * _headLength];
        MessageFrame.WriteHead(message, _head.AsSpan(0, _headLength));
        _last = message;
    }

    private static bool HasSameHead(Message a, Message b) =>
        ReferenceEquals(a.Topic, b.Topic) && ReferenceEquals(a.Publisher, b.Publisher) && a.QoS == b.QoS && a.Retain == b.Retain
        && a.ExpiresAt == b.ExpiresAt && a.RepeatableIdentifier == b.RepeatableIdentifier;
}
