using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Starling.Broker.Tenants.Credentials;

/// <summary>
/// What the broker keeps of a password for SCRAM-SHA-256, written <c>SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey</c> with Base64
/// parts (the form PostgreSQL uses too). A thief of it can pose as the broker but not, without breaking the password, as the user.
/// </summary>
public sealed record ScramCredential
{
    public const int MinimumIterations = 4_096;
    public const int MaximumIterations = 1_000_000;

    /// <summary>For new credentials: a compromise, because it is the (often small) device that pays for iterations.</summary>
    public const int DefaultIterations = 16_384;

    private const string Prefix = "SCRAM-SHA-256$";
    private const int KeyLength = SHA256.HashSizeInBytes;

    private ScramCredential(int iterations, ReadOnlyMemory<byte> salt, ReadOnlyMemory<byte> storedKey, ReadOnlyMemory<byte> serverKey)
    {
        Iterations = iterations;
        Salt = salt;
        StoredKey = storedKey;
        ServerKey = serverKey;
    }

    public int Iterations { get; }

    public ReadOnlyMemory<byte> Salt { get; }

    public ReadOnlyMemory<byte> StoredKey { get; }

    public ReadOnlyMemory<byte> ServerKey { get; }

    /// <exception cref="ArgumentException">The password has characters that SASLprep forbids.</exception>
    public static ScramCredential Create(string password, int iterations = DefaultIterations) =>
        Create(password, iterations, RandomNumberGenerator.GetBytes(16));

    /// <inheritdoc cref="Create(string, int)"/>
    public static ScramCredential Create(string password, int iterations, ReadOnlySpan<byte> salt)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, MinimumIterations);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(iterations, MaximumIterations);
        if (!SaslPrep.TryPrepare(password, out var prepared))
            throw new ArgumentException("the password is empty or has control characters or others that SASLprep (RFC 4013) forbids", nameof(password));
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(prepared), salt, iterations, HashAlgorithmName.SHA256, KeyLength);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        return new(iterations, salt.ToArray(), storedKey, HMACSHA256.HashData(salted, "Server Key"u8));
    }

    /// <summary>Reads the stored form; <paramref name="error"/> says what is wrong with it (never the secret itself).</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ScramCredential? credential, [NotNullWhen(false)] out string? error)
    {
        credential = null;
        error = "it does not have the form SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey with Base64 parts";
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        var parts = text[Prefix.Length..].Split('$', ':');
        if (parts.Length != 4 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var iterations))
            return false;
        if (FromBase64(parts[1]) is not { } salt || FromBase64(parts[2]) is not { } storedKey || FromBase64(parts[3]) is not { } serverKey)
            return false;
        if (iterations is < MinimumIterations or > MaximumIterations)
            error = $"it has {iterations} iterations, not {MinimumIterations} to {MaximumIterations}";
        else if (salt.Length is < 8 or > 64)
            error = "its salt is shorter than 8 bytes or longer than 64";
        else if (storedKey.Length != KeyLength || serverKey.Length != KeyLength)
            error = "its keys are not 32 bytes long";
        else
        {
            credential = new(iterations, salt, storedKey, serverKey);
            error = null;
            return true;
        }
        return false;
    }

    /// <summary>A credential that no password has.</summary>
    internal static ScramCredential Unmatchable(int iterations, ReadOnlySpan<byte> salt) =>
        new(iterations, salt.ToArray(), RandomNumberGenerator.GetBytes(KeyLength), RandomNumberGenerator.GetBytes(KeyLength));

    /// <summary>The stored form: a secret.</summary>
    public string ToStoredForm() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Prefix}{Iterations}:{Base64(Salt)}${Base64(StoredKey)}:{Base64(ServerKey)}");

    public bool Equals(ScramCredential? other) =>
        other is not null && Iterations == other.Iterations && Salt.Span.SequenceEqual(other.Salt.Span)
        && CryptographicOperations.FixedTimeEquals(StoredKey.Span, other.StoredKey.Span)
        && CryptographicOperations.FixedTimeEquals(ServerKey.Span, other.ServerKey.Span);

    public override int GetHashCode() => HashCode.Combine(Iterations, Salt.Length, Salt.Span[0], Salt.Span[1]);

    /// <summary>Without the secret.</summary>
    public override string ToString() => $"SCRAM-SHA-256, {Iterations} iterations";

    private static string Base64(ReadOnlyMemory<byte> bytes) => Convert.ToBase64String(bytes.Span);

    private static byte[]? FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : null;
    }
}
