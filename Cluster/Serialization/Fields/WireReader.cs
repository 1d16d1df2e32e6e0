using System.Text;
using Starling.Broker.Messages;

namespace Starling.Cluster.Serialization.Fields;

/// <summary>Reads what <see cref="WireWriter"/> writes. Messages refer to the buffer from then on. Everything is checked against its bounds.</summary>
/// <remarks>
/// A group is read by <c>while (reader.Next(out var tag)) switch (tag) { … default: reader.Skip(); }</c>; each field must be read or skipped.
/// </remarks>
internal ref struct WireReader(byte[] buffer, int start, int length)
{
    /// <summary>No format of ours is nested half as deep.</summary>
    private const int MaxSkippedDepth = 32;

    private readonly int _end = start + length;
    private readonly MessageFrameReader _messages = new();
    private int _at = start;
    private WireKind _kind;

    public readonly bool IsAtEnd => _at == _end;

    /// <returns>False at the end of the group.</returns>
    public bool Next(out int tag)
    {
        var key = Varint();
        _kind = (WireKind)(key & 3);
        tag = key >> 2 <= int.MaxValue ? (int)(key >> 2) : throw Damaged();
        if (tag == 0 && key != 0)
            throw Damaged();
        return key != 0;
    }

    public long Number()
    {
        Expect(WireKind.Number);
        return (long)Varint();
    }

    /// <exception cref="InvalidDataException">Not from 0 to <paramref name="most"/>.</exception>
    public int Small(int most = int.MaxValue) => Number() is >= 0 and var value && value <= most ? (int)value : throw Damaged();

    public bool Flag() => Number() != 0;

    public string Text() => Encoding.UTF8.GetString(Bytes());

    private ReadOnlySpan<byte> Bytes()
    {
        var (from, count) = Range();
        return buffer.AsSpan(from, count);
    }

    public Message Message()
    {
        var (from, count) = Range();
        return _messages.Read(buffer, from, count);
    }

    /// <summary>The fields of the group follow.</summary>
    public readonly void Group() => Expect(WireKind.Group);

    /// <summary>Passes over a field of a later program.</summary>
    public void Skip()
    {
        var depth = 0;
        do
        {
            switch (_kind)
            {
                case WireKind.Number:
                    Varint();
                    break;
                case WireKind.Bytes:
                    Range();
                    break;
                case WireKind.Group when ++depth <= MaxSkippedDepth:
                    break;
                default:
                    throw Damaged();
            }

            while (depth > 0 && !Next(out _))
                depth--;
        }
        while (depth > 0);
    }

    private readonly void Expect(WireKind kind)
    {
        if (_kind != kind)
            throw Damaged();
    }

    private (int From, int Count) Range()
    {
        Expect(WireKind.Bytes);
        var count = Varint();
        if (count > (ulong)(_end - _at))
            throw Damaged();
        _at += (int)count;
        return (_at - (int)count, (int)count);
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64 && _at < _end; shift += 7)
        {
            var part = buffer[_at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }

        throw Damaged();
    }

    public static InvalidDataException Damaged() => new("What another process has sent is damaged.");
}
