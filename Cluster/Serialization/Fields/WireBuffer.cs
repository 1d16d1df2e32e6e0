using System.Buffers;

namespace Starling.Cluster.Serialization.Fields;

/// <summary>A buffer that grows. Unlike the framework's it is not cleared first, which for large calls costs as much as filling it.</summary>
internal sealed class WireBuffer(int capacity) : IBufferWriter<byte>
{
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(capacity);
    private int _length;

    /// <summary>What was written; the buffer must not be written to any more.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_length);
    }

    private void Reserve(int size)
    {
        if (_bytes.Length - _length >= Math.Max(size, 1))
            return;
        var grown = GC.AllocateUninitializedArray<byte>((int)Math.Min(Math.Max(2L * _bytes.Length, (long)_length + Math.Max(size, 256)), Array.MaxLength));
        _bytes.AsSpan(0, _length).CopyTo(grown);
        _bytes = grown;
    }
}
