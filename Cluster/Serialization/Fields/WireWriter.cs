using System.Buffers;
using System.Text;
using Starling.Broker.Messages;

namespace Starling.Cluster.Serialization.Fields;

/// <summary>Writes the fields of a <see cref="PackedBatch"/>. What has the value that stands for absence is not written.</summary>
internal readonly ref struct WireWriter(IBufferWriter<byte> output)
{
    private const int MaxVarintBytes = 10;

    /// <summary>Also for numbers that may be negative, which take ten bytes then. Zero is absence.</summary>
    public void Number(int tag, long value)
    {
        if (value != 0)
            Element(tag, value);
    }

    /// <summary>False is absence.</summary>
    public void Flag(int tag, bool value) => Number(tag, value ? 1 : 0);

    /// <summary>Null is absence.</summary>
    public void Text(int tag, string? value)
    {
        if (value is null)
            return;
        var length = Encoding.UTF8.GetByteCount(value);
        Encoding.UTF8.GetBytes(value, Begin(tag, length));
        output.Advance(length);
    }

    public void Message(int tag, Message value)
    {
        var length = MessageFrame.Length(value);
        MessageFrame.Write(value, Begin(tag, length)[..length]);
        output.Advance(length);
    }

    /// <summary>One of a list, by the list's writer.</summary>
    public void Message(int tag, Message value, MessageFrameWriter frames)
    {
        var length = frames.Length(value);
        frames.Write(value, Begin(tag, length));
        output.Advance(length);
    }

    /// <summary>One of a list: zero is written too.</summary>
    public void Element(int tag, long value)
    {
        var span = output.GetSpan(2 * MaxVarintBytes);
        var at = Varint(span, 0, Key(tag, WireKind.Number));
        output.Advance(Varint(span, at, (ulong)value));
    }

    /// <summary>What is written until <see cref="End"/> lies in the field.</summary>
    public void Begin(int tag)
    {
        var span = output.GetSpan(MaxVarintBytes);
        output.Advance(Varint(span, 0, Key(tag, WireKind.Group)));
    }

    public void End()
    {
        output.GetSpan(1)[0] = 0;
        output.Advance(1);
    }

    private Span<byte> Begin(int tag, int length)
    {
        var span = output.GetSpan((2 * MaxVarintBytes) + length);
        var at = Varint(span, 0, Key(tag, WireKind.Bytes));
        at = Varint(span, at, (ulong)length);
        output.Advance(at);
        return span.Slice(at, length);
    }

    private static ulong Key(int tag, WireKind kind) => ((ulong)tag << 2) | (ulong)kind;

    private static int Varint(Span<byte> span, int at, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            span[at++] = (byte)(value | 0x80);
        span[at++] = (byte)value;
        return at;
    }
}

/// <summary>How the value of a field is written, so that it can be skipped by who does not know it.</summary>
internal enum WireKind : byte
{
    /// <summary>Key 0 ends a group; there is no tag 0.</summary>
    Number,

    /// <summary>A length and that many bytes.</summary>
    Bytes,

    /// <summary>Fields up to key 0.</summary>
    Group,
}
