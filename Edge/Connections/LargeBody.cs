using System.Buffers;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>
/// A packet that does not lie in one piece, put together outside of the pipe. Its buffer grows with what has arrived, so that a client
/// can't claim memory by announcing a length.
/// </summary>
internal sealed class LargeBody(FixedHeader header)
{
    /// <summary>Holds a payload of 64 KiB, and is not yet for the heap of large objects.</summary>
    private const int FirstSize = 80 * 1024;

    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(Math.Min(header.RemainingLength, FirstSize));
    private int _filled;

    public FixedHeader Header => header;

    /// <summary>Bytes that are held for it.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>All of the packet behind its header. Nothing is written to it any more: a message may stay where it is.</summary>
    public byte[] Body => _filled == header.RemainingLength ? _bytes : throw new InvalidOperationException("The packet is not complete.");

    /// <summary>Takes what belongs to the packet from the front of the buffer.</summary>
    /// <returns>Whether the packet is complete.</returns>
    public bool Fill(ref ReadOnlySequence<byte> buffer)
    {
        var take = (int)Math.Min(buffer.Length, header.RemainingLength - _filled);
        if (_bytes.Length < _filled + take)
            Grow((int)Math.Min(header.RemainingLength, Math.Max((long)_bytes.Length * 2, _filled + take)));
        buffer.Slice(0, take).CopyTo(_bytes.AsSpan(_filled));
        buffer = buffer.Slice(take);
        _filled += take;
        return _filled == header.RemainingLength;
    }

    private void Grow(int size)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(size);
        _bytes.AsSpan(0, _filled).CopyTo(bytes);
        _bytes = bytes;
    }
}
