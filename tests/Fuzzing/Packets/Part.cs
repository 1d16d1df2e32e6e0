namespace Starling.Fuzzing.Packets;

public enum PartKind
{
    /// <summary>Bytes as they are: numbers, flags, the payload.</summary>
    Plain,

    /// <summary>UTF-8 with two bytes of length in front.</summary>
    Text,

    /// <summary>Any bytes with two bytes of length in front.</summary>
    Binary,

    /// <summary>A property length and the properties.</summary>
    Properties,
}

/// <summary>One field of a packet, which can be damaged by itself.</summary>
public sealed class Part(PartKind kind, byte[] value)
{
    public PartKind Kind { get; } = kind;

    public byte[] Value { get; set; } = value;

    /// <summary>Of <see cref="PartKind.Properties"/>: each an identifier and its values.</summary>
    public List<List<Part>> Properties { get; init; } = [];

    /// <summary>Added to the length that is written in front.</summary>
    public int LengthError { get; set; }

    /// <summary>The property length is written with a superfluous byte.</summary>
    public bool LongLength { get; set; }

    public static Part Plain(params byte[] value) => new(PartKind.Plain, value);

    public static Part Number16(int value) => Plain((byte)(value >> 8), (byte)value);

    public static Part Number32(uint value) => Plain((byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value);

    public static Part Text(string value) => new(PartKind.Text, System.Text.Encoding.UTF8.GetBytes(value));

    public static Part Binary(byte[] value) => new(PartKind.Binary, value);

    public static Part Block(List<List<Part>> properties) => new(PartKind.Properties, []) { Properties = properties };

    public Part Copy() => new(Kind, Value)
    {
        Properties = [.. Properties.Select(property => property.ConvertAll(part => part.Copy()))],
        LengthError = LengthError,
        LongLength = LongLength,
    };

    public void Write(List<byte> to)
    {
        switch (Kind)
        {
            case PartKind.Plain:
                to.AddRange(Value);
                break;
            case PartKind.Properties:
                var block = new List<byte>();
                foreach (var part in Properties.SelectMany(property => property))
                    part.Write(block);
                to.AddRange(Variable(Math.Max(0, block.Count + LengthError), LongLength));
                to.AddRange(block);
                break;
            default:
                var length = Math.Clamp(Value.Length + LengthError, 0, ushort.MaxValue);
                to.AddRange([(byte)(length >> 8), (byte)length]);
                to.AddRange(Value);
                break;
        }
    }

    /// <summary>A variable byte integer.</summary>
    /// <param name="value">0 to 268,435,455.</param>
    /// <param name="tooLong">With a superfluous byte of zero behind.</param>
    public static byte[] Variable(int value, bool tooLong = false)
    {
        var bytes = new List<byte>();
        for (; value > 127; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        if (tooLong)
        {
            bytes[^1] |= 0x80;
            bytes.Add(0);
        }
        return [.. bytes];
    }
}
