namespace Starling.Fuzzing.Decoding;

/// <summary>Runs cases against the decoder alone.</summary>
public sealed class DecoderFuzzer(int seed)
{
    /// <summary>Cases whose bytes turned out to be a valid packet.</summary>
    public long Decoded { get; private set; }

    public long Refused { get; private set; }

    /// <returns>Null when the case shows nothing wrong.</returns>
    public FuzzFailure? Run(long index)
    {
        var made = DecoderCase.Create(seed, index);
        if (ProblemOf(made, counts: true) is not { } problem)
            return null;
        var smallest = made.Expected == Verdict.Unknown ? Minimize(made) : made;
        return new(seed, index, "decoder", ProblemOf(smallest) ?? problem, smallest.ToString());
    }

    private string? ProblemOf(DecoderCase made, bool counts = false)
    {
        try
        {
            var valid = DecoderCheck.Run(made);
            if (counts)
                (Decoded, Refused) = (Decoded + (valid ? 1 : 0), Refused + (valid ? 0 : 1));
            return null;
        }
        catch (FuzzException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Leaves out runs of bytes, long ones first, for as long as something stays wrong.</summary>
    private DecoderCase Minimize(DecoderCase made)
    {
        for (var length = made.Bytes.Length / 2; length > 0; length /= 2)
        {
            for (var at = 0; at + length <= made.Bytes.Length;)
            {
                var body = made.Bytes.ToList();
                body.RemoveRange(at, length);
                var shorter = Shortened([.. body]).Select(bytes => made with { Bytes = bytes }).FirstOrDefault(made => ProblemOf(made) is not null);
                if (shorter is not null)
                    made = shorter;
                else
                    at += length;
            }
        }
        return made;
    }

    /// <summary>As they are, and with the remaining length that fits now.</summary>
    private static IEnumerable<byte[]> Shortened(byte[] bytes)
    {
        yield return bytes;
        if (bytes.Length is > 1 and < 130)
            yield return [bytes[0], (byte)(bytes.Length - 2), .. bytes[2..]];
    }
}
