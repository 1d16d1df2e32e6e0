using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Starling.Broker.Tenants.Credentials;

/// <summary>
/// The stored form of a password: version 3 of ASP.NET Core Identity's hasher, in Base64. One byte 0x01, then big-endian 32-bit numbers
/// for the hash function (1 = SHA-256, 2 = SHA-512), the iterations and the length of the salt, then the salt and the derived key.
/// </summary>
public static class PasswordHashFormat
{
    private const int HeaderLength = 13;
    private const int MinimumIterations = 1_000;
    private const int MaximumIterations = 1_000_000;

    /// <summary>Null when the text is a hash that the broker takes, else what is wrong with it (never the hash itself).</summary>
    public static string? Explain(string hash)
    {
        var bytes = new byte[hash.Length];
        if (!Convert.TryFromBase64String(hash, bytes, out var length))
            return "it is not Base64";
        if (length < HeaderLength || bytes[0] != 1)
            return "it is not version 3 of the Identity password format";
        var function = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(1));
        var iterations = Iterations(bytes);
        var salt = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(9));
        if (function is not (1 or 2))
            return "its hash function is neither SHA-256 nor SHA-512";
        if (iterations is < MinimumIterations or > MaximumIterations)
            return $"it has {iterations} iterations, not {MinimumIterations} to {MaximumIterations}";
        if (salt is < 16 or > 1024)
            return "its salt is shorter than 16 bytes or longer than 1024";
        return length - HeaderLength - salt is < 16 or > 64 ? "it is cut off, or its key is longer than 64 bytes" : null;
    }

    /// <summary>How much work a valid hash is to check.</summary>
    public static uint IterationsOf(string hash) => Iterations(Convert.FromBase64String(hash));

    /// <summary>A hash that no password has and that costs as much to check as <paramref name="model"/>, a valid hash, or a usual one.</summary>
    public static string Unmatchable(string? model)
    {
        // SHA-512, 100,000 iterations, 16 bytes of salt, 32 of key: what the hasher makes by default.
        var bytes = model is null ? [1, 0, 0, 0, 2, 0, 1, 0x86, 0xA0, 0, 0, 0, 16, .. new byte[48]] : Convert.FromBase64String(model);
        RandomNumberGenerator.Fill(bytes.AsSpan(HeaderLength));
        return Convert.ToBase64String(bytes);
    }

    private static uint Iterations(byte[] bytes) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(5));
}
