using System.Buffers.Binary;

namespace Starling.LoadGenerator.Wire;

/// <summary>
/// PUBLISH frames of one publisher, built once and laid end to end; before they are sent again only sequence number, time and packet
/// identifier are written over.
/// </summary>
internal sealed class PublishBurst
{
    private readonly byte[] _bytes;
    private readonly int _frameLength;
    private readonly int _packetIdOffset;
    private readonly int _payloadOffset;
    private readonly int _qos;
    private readonly int _publisher;
    private int _start;
    private int _end;

    /// <param name="frame">A frame as of <see cref="FrameBuilder.Publish"/>.</param>
    /// <param name="qos">Its QoS.</param>
    /// <param name="publisher">The publisher's number.</param>
    /// <param name="capacity">Frames that are sent with one call, at most.</param>
    public PublishBurst((byte[] Frame, int PacketIdOffset, int PayloadOffset) frame, int qos, int publisher, int capacity)
    {
        (var model, _packetIdOffset, _payloadOffset) = frame;
        _qos = qos;
        _publisher = publisher;
        _frameLength = model.Length;
        Capacity = capacity;
        _bytes = GC.AllocateUninitializedArray<byte>(capacity * _frameLength, pinned: true);
        for (var i = 0; i < capacity; i++)
            model.CopyTo(_bytes, i * _frameLength);
    }

    public int Capacity { get; }

    public bool IsSent => _start == _end;

    public ReadOnlySpan<byte> Unsent => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Makes <paramref name="count"/> frames ready to be sent, numbered from <paramref name="sequence"/>.</summary>
    public void Fill(int count, long sequence, long time)
    {
        _start = 0;
        _end = count * _frameLength;
        for (var offset = 0; offset < _end; offset += _frameLength)
        {
            new Stamp(sequence, time, _publisher).Write(ref _bytes[offset + _payloadOffset]);
            if (_qos > 0)
                BinaryPrimitives.WriteUInt16BigEndian(_bytes.AsSpan(offset + _packetIdOffset), (ushort)(1 + sequence % 65_535));
            sequence++;
        }
    }

    public void Sent(int bytes) => _start += bytes;
}
