using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Starling.Testing;

/// <summary>Hashes as ASP.NET Core Identity writes them, with few iterations; always the same for a password, so that writing a file anew changes no user.</summary>
public static class PasswordHash
{
    /// <summary>As many iterations as <c>starling passwd</c> takes.</summary>
    public const int UsualIterations = 100_000;

    public static string Of(string password, int iterations = 1000)
    {
        var salt = SHA256.HashData(Encoding.UTF8.GetBytes(password))[..16];
        var header = new byte[13];
        header[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(1), 2); // HMAC-SHA-512
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(5), (uint)iterations);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(9), (uint)salt.Length);
        return Convert.ToBase64String([.. header, .. salt, .. Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA512, 32)]);
    }
}
