using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Starling.EndToEnd.Tests.Harness;

/// <summary>Hashes as ASP.NET Core Identity writes them, with few iterations.</summary>
internal static class PasswordHash
{
    public static string Of(string password)
    {
        const int iterations = 1000;
        var salt = RandomNumberGenerator.GetBytes(16);
        var header = new byte[13];
        header[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(1), 2); // HMAC-SHA-512
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(5), iterations);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(9), (uint)salt.Length);
        return Convert.ToBase64String([.. header, .. salt, .. Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA512, 32)]);
    }
}
