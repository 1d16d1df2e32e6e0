namespace Starling.Fuzzing.Packets;

/// <summary>A packet as its fields, written down without the codec under test.</summary>
public sealed class PacketDraft(byte first, params IEnumerable<Part> parts)
{
    public byte First { get; set; } = first;

    public List<Part> Parts { get; } = [.. parts];

    /// <summary>Added to the remaining length.</summary>
    public int LengthError { get; set; }

    public bool LongLength { get; set; }

    public PacketDraft Copy() => new(First, Parts.Select(part => part.Copy())) { LengthError = LengthError, LongLength = LongLength };

    /// <summary>All fields, those of properties too.</summary>
    public IEnumerable<Part> Fields => Parts.SelectMany(part =>
        part.Kind == PartKind.Properties ? part.Properties.SelectMany(property => property).Prepend(part) : [part]);

    public byte[] ToBytes()
    {
        var body = new List<byte>();
        foreach (var part in Parts)
            part.Write(body);
        return [First, .. Part.Variable(Math.Max(0, body.Count + LengthError), LongLength), .. body];
    }
}
