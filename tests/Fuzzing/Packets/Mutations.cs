namespace Starling.Fuzzing.Packets;

/// <summary>Ways to damage a packet.</summary>
public static class Mutations
{
    private static readonly byte[][] BadUtf8 =
        [[0xC3, 0x28], [0xED, 0xA0, 0x80], [0xFF], [0x00], [0xC0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0xF8, 0x88, 0x80, 0x80, 0x80]];

    /// <returns>The bytes, and whether a receiver has to refuse them whatever else they say.</returns>
    public static (byte[] Bytes, bool MustBeRefused) Damage(PacketDraft original, Random random)
    {
        var draft = original.Copy();
        if (random.OneIn(2))
        {
            var refused = DamageField(draft, random);
            return (draft.ToBytes(), refused);
        }
        for (var times = random.Next(3); times > 0; times--)
            DamageField(draft, random);
        return (DamageBytes(draft.ToBytes(), random), false);
    }

    /// <summary>Without regard to what the bytes mean.</summary>
    public static byte[] DamageBytes(byte[] original, Random random)
    {
        List<byte> bytes = [.. original.Take(70_000)];
        for (var times = random.Next(1, 5); times > 0; times--)
        {
            var at = random.Next(Math.Min(bytes.Count, 200) + 1);
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1 when at < bytes.Count: bytes[at] = random.Pick<byte>(0, 1, 0x7F, 0x80, 0xFF, (byte)random.Next(256)); break;
                case 2: bytes.Insert(at, (byte)random.Next(256)); break;
                case 3 when at < bytes.Count: bytes.RemoveAt(at); break;
                case 4: bytes.InsertRange(at, bytes[at..Math.Min(bytes.Count, at + random.Next(10))]); break;
                default: bytes.RemoveRange(at, bytes.Count - at); break;
            }
        }
        // Half of them get a fitting length, or hardly any would get past it.
        if (bytes.Count < 2 || random.OneIn(2))
            return [.. bytes];
        var length = 1;
        while (length < 5 && length < bytes.Count && bytes[length] > 127)
            length++;
        var body = bytes[Math.Min(length + 1, bytes.Count)..];
        return [bytes[0], .. Part.Variable(body.Count), .. body];
    }

    /// <returns>Whether the packet has to be refused now.</returns>
    private static bool DamageField(PacketDraft draft, Random random)
    {
        Part[] fields = [.. draft.Fields];
        var field = fields.Length > 0 ? fields[random.Next(fields.Length)] : null;
        var index = draft.Parts.Count > 0 ? random.Next(draft.Parts.Count) : -1;
        switch (random.Next(11))
        {
            case 0 when field is { Kind: PartKind.Text }:
                field.Value = [.. field.Value, .. random.Pick(BadUtf8)];
                return true;
            case 1 when field is { Kind: PartKind.Properties, Properties.Count: > 0 }:
                var property = field.Properties[random.Next(field.Properties.Count)];
                field.Properties.Insert(random.Next(field.Properties.Count + 1), property.ConvertAll(part => part.Copy()));
                // User properties may come as often as they like, subscription identifiers too, in PUBLISH from a server.
                return property[0].Value[0] is not 38 and not 11;
            case 2:
                draft.LongLength = true;
                return true;
            case 3 when field is { Kind: PartKind.Properties }:
                field.LongLength = true;
                return true;
            case 4 when field is not null:
                field.LengthError = random.Pick(-1, 1, 2, 127, 128, 65_535, -field.Value.Length);
                break;
            case 5:
                draft.LengthError = random.Pick(-1, 1, 5, -2, 127, 16_384, 268_000_000);
                break;
            case 6 when index >= 0:
                draft.Parts.Insert(index, draft.Parts[random.Next(draft.Parts.Count)].Copy());
                break;
            case 7 when index >= 0:
                draft.Parts.RemoveAt(index);
                break;
            case 8 when index >= 0:
                var other = random.Next(draft.Parts.Count);
                (draft.Parts[index], draft.Parts[other]) = (draft.Parts[other], draft.Parts[index]);
                break;
            case 9 when field is { Value.Length: > 0 }:
                field.Value = [.. field.Value];
                field.Value[random.Next(field.Value.Length)] = random.Pick<byte>(0, 1, 0x7F, 0x80, 0xFF, (byte)'#', (byte)'+');
                break;
            default:
                draft.First = random.OneIn(2) ? (byte)random.Next(256) : (byte)(draft.First ^ (1 << random.Next(8)));
                break;
        }
        return false;
    }
}
